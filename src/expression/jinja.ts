import { NoSpelling } from "./jinja/cel-text.ts";
import { type Jinja, readJinja } from "./jinja/read-jinja.ts";
import { toCel } from "./jinja/to-cel.ts";
import { toArgument, toHandlebars } from "./jinja/to-handlebars.ts";

/** A place in a template or condition that is written as Ansible would, and the spelling that works here. */
export interface JinjaFinding {
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
  /** How many characters of the text it is. */
  readonly length: number;
}

/** Finds all Jinja in a template: `{% if %}`, `{# #}`, filters, tests, calls, indexes, operators. */
export function findJinja(text: string): JinjaFinding[] {
  return [...statementsIn(text), ...commentsIn(text), ...expressionsIn(text)].sort(
    (a, b) => a.offset - b.offset,
  );
}

/** The template with its Jinja blanked out, at the same length: what else is in it can still be read. */
export function withoutJinja(text: string, found: readonly JinjaFinding[]): string {
  return found.reduce(
    (left, { offset, length }) => {
      const blank = left.slice(offset, offset + length).replaceAll(/[^\n]/g, " ");
      return left.slice(0, offset) + blank + left.slice(offset + length);
    },
    text.replaceAll(/\{%.*?%\}/gs, (statement) => statement.replaceAll(/[^\n]/g, " ")),
  );
}

function statementsIn(text: string): JinjaFinding[] {
  return [...text.matchAll(/\{%-?\s*(\w+)\s*(.*?)\s*-?%\}/gs)]
    .filter(([, word = ""]) => !/^(end|else$|elif$)/.test(word))
    .map((match) => ({
      message: `\`${oneLine(match[0])}\` is Jinja, which Mailferry does not read`,
      hint: blockFor(match[1] ?? "", match[2] ?? ""),
      offset: match.index,
      length: match[0].length,
    }));
}

function blockFor(word: string, rest: string): string {
  const loop = /^([\w, ]+?)\s+in\s+(.+)$/s.exec(rest);
  if (word === "if") return `write \`{{#if ${argumentFor(rest) ?? "name"}}}…{{else}}…{{/if}}\``;
  if (word === "for" && loop !== null) {
    const [, names = "", list = ""] = loop;
    const own = names.includes(",") ? "`{{@key}}` and `{{this}}` stand" : "`{{this}}` stands";
    const over = argumentFor(list.replace(/\.items\(\)$|\s*\|\s*dict2items$/, "")) ?? "list";
    return `write \`{{#each ${over}}}…{{/each}}\`; inside it ${own} for \`${names}\``;
  }
  if (word === "set") return "set it in `vars`, or by `set_fact` in a task before";
  if (word === "include" || word === "import" || word === "extends") {
    return "put the text where it is wanted: templates include nothing";
  }
  if (word === "raw") return "write `\\{{` for braces that are meant as they are";
  return "write `{{#if name}}…{{else}}…{{/if}}`, `{{#each list}}…{{/each}}`, or leave it out";
}

function argumentFor(expression: string): string | undefined {
  const jinja = readJinja(expression);
  return jinja === undefined ? undefined : spelled(() => toArgument(jinja));
}

/** `${#name}` of a shell is none. */
function commentsIn(text: string): JinjaFinding[] {
  return [...text.matchAll(/(?<![${])\{#(.*?)#\}/gs)].map((match) => ({
    message: `\`${oneLine(match[0])}\` is a comment of Jinja, which Mailferry would print`,
    hint: `write \`{{!-- ${oneLine(match[1] ?? "").trim()} --}}\` in a template, or \`#\` in YAML`,
    offset: match.index,
    length: match[0].length,
  }));
}

function expressionsIn(text: string): JinjaFinding[] {
  return [...text.matchAll(/(?<!\\)\{\{\{?([^{}#/!>](?:[^{}]|\{[^{}]*\}(?!\}))*?)\}?\}\}/g)].flatMap(
    (match) => {
      const inner = (match[1] ?? "").replace(/^[-~]|[-~]$/g, "").trim();
      if (!looksLikeJinja(inner)) return [];
      return [
        {
          message: `\`{{ ${inner} }}\` is Jinja, which Mailferry does not read`,
          hint: handlebarsFor(inner),
          offset: match.index,
          length: match[0].length,
        },
      ];
    },
  );
}

/** Handlebars has none of these outside of quotes. */
function looksLikeJinja(inner: string): boolean {
  const bare = withoutTexts(inner);
  if (/^else\b/.test(bare)) return false;
  return /\||(^|\s)is(\s+not)?\s+\w|[\w\])]\[|^[\w.]+\(|[=!<>]=|[<>+*%~]|\s[-/]\s|^not\s+\w+\s+in\s|[\w)\]"]\s+(and|or|if|in|not\s+in)\s/.test(
    bare,
  );
}

function handlebarsFor(inner: string): string {
  const jinja = readJinja(inner);
  if (jinja === undefined) {
    return `write \`{{name}}\`, \`{{helper value}}\`, or \`{{cel "…"}}\` with a CEL expression`;
  }
  return spelled(() => `write \`${textOf(jinja)}\``, lacking) ?? "";
}

/** What `~` joins is simply written one behind the other. */
function textOf(jinja: Jinja): string {
  if (jinja.kind !== "operation" || jinja.operator !== "~") return `{{${toHandlebars(jinja)}}}`;
  return [jinja.left, jinja.right].map((side) => (side.kind === "text" ? side.text : textOf(side))).join("");
}

function lacking(what: string): string {
  return `there is no ${what} here; see the helpers in docs/reference/helpers.md, or compute it in a task before`;
}

/** What the writer gives; where there is no spelling, what `otherwise` makes of what is missing. */
function spelled(write: () => string, otherwise?: (what: string) => string): string | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof NoSpelling) return otherwise?.(error.message);
    throw error;
  }
}

/** Finds Jinja in a condition and tells the CEL spelling. */
export function explainJinjaCondition(text: string): JinjaFinding | undefined {
  if (text.includes("{{") || text.includes("{%")) {
    const bare = text.replaceAll(/\{\{\s*|\s*\}\}/g, "").trim();
    return {
      message: "a condition is an expression already, without braces",
      hint: celFor(bare) ?? `write \`${bare}\``,
      offset: Math.max(0, text.search(/\{[{%]/)),
      length: text.length,
    };
  }
  const first =
    /\bis(\s+not)?\s+[a-z]\w*|\bnot\s+in\b|\b(and|or|not)\b|(?<!\|)\|(?!\|)|\b(True|False|None)\b|~|\sif\s|\.(startswith|endswith|strip|lower|upper|get|items|keys|values)\(/.exec(
      withoutTexts(text),
    );
  if (first === null) return undefined;
  return {
    message: `\`${text.trim()}\` is Jinja; conditions are CEL`,
    hint:
      celFor(text) ?? "conditions look like `x == 1 && !(y in list) || size(z) > 0`; texts stand in quotes",
    offset: first.index,
    length: first[0].length,
  };
}

function celFor(text: string): string | undefined {
  const jinja = readJinja(text.trim());
  if (jinja === undefined) return undefined;
  const quote = text.includes("'") || !text.includes('"') ? "'" : '"';
  return spelled(() => `write \`${toCel(jinja, quote)}\``, lacking);
}

/** The text with what stands in quotes blanked out, at the same length. */
function withoutTexts(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (quoted) => '"'.padEnd(quoted.length, " "));
}

function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length > 60 ? `${flat.slice(0, 57)}…` : flat;
}
