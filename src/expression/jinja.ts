/** A place in a template or condition that is written as Ansible would, and the spelling that works here. */
export interface JinjaFinding {
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
}

/** Finds Jinja in a template: `{% if %}`, filters, tests, calls, indexes, operators. */
export function explainJinja(text: string): JinjaFinding | undefined {
  const statement = /\{%-?\s*(\w+)/.exec(text);
  if (statement !== null) {
    return {
      message: `\`{% ${statement[1]} %}\` is Jinja, which Mailferry does not read`,
      hint: "write `{{#if name}}…{{else}}…{{/if}}`, `{{#each list}}…{{/each}}`, or leave it out",
      offset: statement.index,
    };
  }
  for (const match of text.matchAll(/(?<!\\)\{\{\{?([^{}#/!>][^{}]*?)\}?\}\}/g)) {
    const inner = match[1] ?? "";
    const hint = handlebarsFor(inner.replace(/^[-~]|[-~]$/g, "").trim());
    if (hint === undefined) continue;
    return {
      message: `\`{{ ${inner.trim()} }}\` is Jinja, which Mailferry does not read`,
      hint,
      offset: match.index,
    };
  }
  return undefined;
}

function handlebarsFor(inner: string): string | undefined {
  const bare = withoutTexts(inner);
  if (/\|/.test(bare)) return `write \`{{${filtersToHelpers(inner)}}}\``;
  if (/(^|\s)is(\s+not)?\s+\w+/.test(bare))
    return "tests belong into `when`; here write `{{#if name}}…{{/if}}`";
  const index = /^([\w.]*\w)\[(['"]?)([^\]'"]+)\2\]$/.exec(inner);
  if (index !== null) return `write \`{{${index[1]}.[${index[3]}]}}\``;
  if (/\blookup\s*\(/.test(bare))
    return "lookups are not read; set a variable, or pass it by `-e name=value`";
  const call = /^([\w.]+)\(/.exec(bare);
  if (call !== null) return `helpers are written without brackets: \`{{${call[1]} argument}}\``;
  if (/[=!<>]=|[<>+*%~]|\s(and|or|if|else|in|not)\s/.test(bare)) {
    return `write \`{{cel "${inner.replaceAll('"', "'")}"}}\` with a CEL expression, or compute it in \`when\``;
  }
  return undefined;
}

function filtersToHelpers(inner: string): string {
  const [value = "", ...filters] = inner.split("|").map((part) => part.trim());
  return filters.reduce((expression, filter, index) => {
    const call = /^(\w+)(?:\((.*)\))?$/.exec(filter);
    const name = helperFor(call?.[1] ?? filter);
    const argument = call?.[2] === undefined || call[2] === "" ? "" : ` ${call[2].replaceAll(/,\s*/g, " ")}`;
    const subject = index === 0 ? expression : `(${expression})`;
    return `${name} ${subject}${argument.replaceAll("'", '"')}`;
  }, value);
}

/** The helper that does what a filter of Ansible does, where its name differs. */
function helperFor(filter: string): string {
  const renamed: Readonly<Record<string, string>> = {
    d: "default",
    count: "length",
    regex_replace: "regexReplace",
    to_json: "json",
    tojson: "json",
    to_nice_json: "json",
  };
  return renamed[filter] ?? filter;
}

/** Finds Jinja in a condition and tells the CEL spelling. */
export function explainJinjaCondition(text: string): JinjaFinding | undefined {
  if (text.includes("{{") || text.includes("{%")) {
    return {
      message: "a condition is an expression already, without braces",
      hint: `write \`${text.replaceAll(/\{\{\s*|\s*\}\}/g, "")}\``,
      offset: Math.max(0, text.search(/\{[{%]/)),
    };
  }
  const first =
    /\bis(\s+not)?\s+[a-z]\w*|\bnot\s+in\b|\b(and|or|not)\b|(?<!\|)\|(?!\|)|\b(True|False|None)\b/.exec(
      withoutTexts(text),
    );
  if (first === null) return undefined;
  const cel = toCel(text);
  return {
    message: `\`${text.trim()}\` is Jinja; conditions are CEL`,
    hint: `write \`${cel}\``,
    offset: first.index,
  };
}

const path = String.raw`[A-Za-z_][\w.]*(?:\[[^\]]+\])?`;

const rewrites: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String.raw`(${path})\s+is\s+not\s+defined\b`, "g"), "!defined($1)"],
  [new RegExp(String.raw`(${path})\s+is\s+undefined\b`, "g"), "!defined($1)"],
  [new RegExp(String.raw`(${path})\s+is\s+defined\b`, "g"), "defined($1)"],
  [new RegExp(String.raw`(${path})\s+is\s+(?:not\s+failed|succeeded|success)\b`, "g"), "!$1.failed"],
  [new RegExp(String.raw`(${path})\s+is\s+(failed|changed|skipped)\b`, "g"), "$1.$2"],
  [new RegExp(String.raw`(${path})\s+is\s+not\s+(changed|skipped)\b`, "g"), "!$1.$2"],
  [new RegExp(String.raw`(${path})\s+is\s+not\s+none\b`, "gi"), "$1 != null"],
  [new RegExp(String.raw`(${path})\s+is\s+none\b`, "gi"), "$1 == null"],
  [new RegExp(String.raw`(${path})\s*\|\s*(?:length|count)\b`, "g"), "size($1)"],
  [new RegExp(String.raw`(${path})\s*\|\s*int\b`, "g"), "int($1)"],
  [new RegExp(String.raw`(${path})\s*\|\s*(?:string)\b`, "g"), "string($1)"],
  [new RegExp(String.raw`(${path})\s*\|\s*bool\b`, "g"), "$1"],
  [new RegExp(String.raw`(${path})\s*\|\s*(?:default|d)\(([^)]*)\)`, "g"), "(defined($1) ? $1 : $2)"],
  [new RegExp(String.raw`("[^"]*"|'[^']*'|${path})\s+not\s+in\s+(${path}|\[[^\]]*\])`, "g"), "!($1 in $2)"],
  [/\s+and\s+/g, " && "],
  [/\s+or\s+/g, " || "],
  [new RegExp(String.raw`\bnot\s+(${path}(?:\([^()]*\))?)(?=\s*($|&&|\|\||\)))`, "g"), "!$1"],
  [/\bnot\s+\(/g, "!("],
  [/\bnot\s+([^&|]+?)(?=\s*($|&&|\|\|))/g, "!($1)"],
  [/\bTrue\b/g, "true"],
  [/\bFalse\b/g, "false"],
  [/\bNone\b/g, "null"],
];

function toCel(text: string): string {
  return rewrites.reduce(
    (rewritten, [pattern, spelling]) => rewritten.replaceAll(pattern, spelling),
    text.trim(),
  );
}

/** The text with what stands in quotes blanked out, at the same length. */
function withoutTexts(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (quoted) => '"'.padEnd(quoted.length, " "));
}
