/** What a helper says of itself. */
export interface HelperEntry {
  readonly usage: string;
  readonly description: string;
  readonly example: readonly [template: string, result: unknown];
}

/** All that the reference of the expression language is made from. */
export interface ExpressionLanguage {
  /** The helpers by what they are about. */
  readonly helpers: Readonly<Record<string, Readonly<Record<string, HelperEntry>>>>;
  readonly blocks: readonly string[];
  /** The functions that conditions have beside CEL's own, as they are called. */
  readonly functions: readonly string[];
  /** The variables that every run knows, with what they hold. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The reference of templates and conditions as Markdown, made from what the helpers say of themselves. */
export function helperReference({ helpers, blocks, functions, variables }: ExpressionLanguage): string {
  const groups = Object.entries(helpers).map(([title, group]) => `### ${title}\n\n${tableOf(group)}`);
  const names = Object.entries(variables).map(([name, meaning]) => `| \`${name}\` | ${inCell(meaning)} |`);
  return `${[
    opening,
    `Blocks are ${blocks.map((name) => `\`{{#${name} …}}\``).join(", ")}, each with \`{{else}}\` and its end, for instance \`{{/if}}\`.`,
    ...groups,
    conditions,
    functions.map((usage) => `\`${usage}\``).join(", "),
    `## Variables of every run\n\n| name | holds |\n|---|---|\n${names.join("\n")}`,
  ].join("\n\n")}\n`;
}

const opening = `# Templates and conditions

\`{{ … }}\` is [Handlebars](https://handlebarsjs.com/guide/): \`{{name}}\`, \`{{name.part}}\`, \`{{list.[0]}}\`,
\`{{helper value value}}\`, and a helper's value for another one in round brackets: \`{{upper (default name "x")}}\`.
A text that is one single \`{{ … }}\` keeps the type of its value; in any other text an undefined, null, list or map
value is an error. \`\\{{\` stands for braces that are meant as they are. What Jinja writes in another way gets an error
that shows the spelling here.

This page is made from the code: \`npm run reference\` writes it.

## Helpers

\`{{cel "a + b"}}\` gives the value of a whole CEL expression. In the tables, what stands in brackets may be left out.`;

const conditions = `## Conditions

\`when\`, \`changed_when\`, \`failed_when\` and \`until\` are [CEL](https://cel.dev): \`==\`, \`!=\`, \`<\`, \`&&\`, \`||\`, \`!\`,
\`x in list\`, \`a ? b : c\`, \`+\`, and must give true or false. CEL's own functions are there: \`size\`, \`has(x.y)\`, \`int\`,
\`double\`, \`string\`, \`bool\`, \`type\`, \`matches\`, \`startsWith\`, \`endsWith\`, \`contains\`, \`list.exists(x, …)\`,
\`list.all(x, …)\`, \`list.filter(x, …)\`, \`list.map(x, …)\`. \`defined(x.y)\` is true when all of the way is there, and
\`default(x.y, other)\` gives \`other\` when it isn't. The helpers are functions too:`;

function tableOf(group: Readonly<Record<string, HelperEntry>>): string {
  const rows = Object.values(group).map(({ usage, description, example: [template, result] }) => {
    const cells = [`\`${usage}\``, description, `\`${oneLine(template)}\``, `\`${oneLine(shown(result))}\``];
    return `| ${cells.map(inCell).join(" | ")} |`;
  });
  return ["| written | gives | example | result |", "|---|---|---|---|", ...rows].join("\n");
}

function shown(result: unknown): string {
  return typeof result === "string" ? result : JSON.stringify(result);
}

function oneLine(text: string): string {
  return text.replaceAll("\n", "⏎");
}

function inCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
