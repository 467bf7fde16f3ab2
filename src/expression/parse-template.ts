import Handlebars from "handlebars";
import { didYouMean } from "./did-you-mean.ts";
import { countOfArguments } from "./helpers/helper.ts";
import { blockNames, helperNames, helpers } from "./helpers.ts";
import { findJinja } from "./jinja.ts";
import { TemplateFault } from "./template-fault.ts";

/** A parsed template, known to use nothing but what the template language allows. */
export type Template = hbs.AST.Program;

/**
 * Reads a template. Throws TemplateFault for bad syntax, Jinja, unknown helpers and blocks, partials and decorators.
 */
export function parseTemplate(text: string): Template {
  const [jinja] = findJinja(text);
  if (jinja !== undefined) throw new TemplateFault(jinja.message, positionAt(text, jinja.offset), jinja.hint);
  const template = parse(text);
  checkBody(template.body);
  return template;
}

function parse(text: string): Template {
  try {
    return Handlebars.parse(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw syntaxFault(text, error);
  }
}

/** Handlebars tells the line in its message and draws an arrow under the column. */
function syntaxFault(text: string, error: Error): TemplateFault {
  const opened = text.lastIndexOf("{{");
  if (!text.slice(opened).includes("}}")) {
    return new TemplateFault("`{{` is not closed", positionAt(text, opened), "close it with `}}`");
  }
  const mismatch = /^(\S+) doesn't match (\S+) - (\d+):(\d+)/.exec(error.message);
  if (mismatch !== null) {
    const [, open, close, line, column] = mismatch;
    const at = { line: Number(line), column: Number(column) };
    return new TemplateFault(`\`{{#${open}}}\` is closed by \`{{/${close}}}\``, at, `write \`{{/${open}}}\``);
  }
  const line = Number(/^(?:Parse|Lexical) error on line (\d+)/.exec(error.message)?.[1] ?? 1);
  if (/got 'EOF'/.test(error.message)) {
    return new TemplateFault("a block is not closed", { line, column: 0 }, "end it, for instance `{{/if}}`");
  }
  return new TemplateFault(
    "this is not a template expression",
    { line, column: columnOf(text, line, error) },
    usage,
  );
}

const usage =
  "a template holds `{{name}}`, `{{name.part}}`, `{{list.[0]}}` or `{{helper argument}}`; write `\\{{` for braces meant as they are";

function columnOf(text: string, line: number, error: Error): number {
  const arrow = error.message.split("\n")[2]?.indexOf("^") ?? -1;
  const shown = error.message.split("\n")[1] ?? "";
  const whole = text.split("\n")[line - 1] ?? "";
  if (arrow < 0) return 0;
  const start = shown.startsWith("...") ? whole.indexOf(shown.slice(3, arrow)) - 3 : 0;
  return Math.max(0, Math.min(whole.length, start + arrow));
}

function checkBody(body: readonly hbs.AST.Statement[]): void {
  for (const statement of body) checkStatement(statement);
}

function checkStatement(statement: hbs.AST.Statement): void {
  if (isMustache(statement)) checkCall(statement);
  else if (isBlock(statement)) checkBlock(statement);
  else if (statement.type !== "ContentStatement" && statement.type !== "CommentStatement")
    throw partial(statement);
}

function partial(statement: hbs.AST.Statement): TemplateFault {
  return new TemplateFault(
    "partials and decorators are not part of the template language",
    statement.loc.start,
    "`{{>` includes nothing here; put the text where it is wanted, or loop with `{{#each}}`",
  );
}

function checkBlock(block: hbs.AST.BlockStatement): void {
  const name = block.path.original;
  if (!blockNames.includes(name)) {
    const hint = didYouMean(name, blockNames) ?? `write \`{{#if ${name}}}\` or \`{{#each ${name}}}\``;
    throw new TemplateFault(`unknown block \`{{#${name}}}\``, block.path.loc.start, hint);
  }
  if (block.params.length !== 1) {
    throw new TemplateFault(`\`{{#${name}}}\` wants exactly one value`, block.path.loc.start);
  }
  for (const param of block.params) checkExpression(param);
  checkBody(block.program.body);
  if (block.inverse !== undefined && block.inverse !== null) checkBody(block.inverse.body);
}

function checkExpression(expression: hbs.AST.Expression): void {
  if (isSubExpression(expression)) checkCall(expression);
}

function checkCall(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression): void {
  const name = helperOf(call);
  if (name === undefined) return;
  if (!helperNames.includes(name)) {
    const hint = didYouMean(name, helperNames) ?? `the helpers are ${helperNames.join(", ")}`;
    throw new TemplateFault(`unknown helper \`${name}\``, call.path.loc.start, hint);
  }
  const [named] = call.hash?.pairs ?? [];
  if (named !== undefined) {
    throw new TemplateFault(`\`${name}\` takes no \`${named.key}=\``, named.loc.start);
  }
  checkCount(name, call);
  for (const param of call.params) checkExpression(param);
}

function checkCount(name: string, call: hbs.AST.MustacheStatement | hbs.AST.SubExpression): void {
  const helper = helpers[name];
  if (helper === undefined) return;
  const { least, most } = countOfArguments(helper);
  const count = call.params.length;
  if (count >= least && count <= most) return;
  const wanted =
    least === most ? least : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`;
  const message = `\`${name}\` wants ${wanted} value${wanted === 1 ? "" : "s"} and got ${count}`;
  throw new TemplateFault(message, call.path.loc.start, `write {{${helper.usage}}}`);
}

/** The helper's name, or undefined where the expression is a variable or a literal. */
export function helperOf(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression): string | undefined {
  if (!isPath(call.path)) return undefined;
  const isCall =
    call.type === "SubExpression" || call.params.length > 0 || (call.hash?.pairs.length ?? 0) > 0;
  return isCall ? call.path.original : undefined;
}

export function isMustache(node: hbs.AST.Node): node is hbs.AST.MustacheStatement {
  return node.type === "MustacheStatement";
}

export function isBlock(node: hbs.AST.Node): node is hbs.AST.BlockStatement {
  return node.type === "BlockStatement";
}

export function isSubExpression(node: hbs.AST.Node): node is hbs.AST.SubExpression {
  return node.type === "SubExpression";
}

export function isPath(node: hbs.AST.Node): node is hbs.AST.PathExpression {
  return node.type === "PathExpression";
}

/** Line (from 1) and column (from 0) of an offset in a text. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)?.length ?? 0 };
}
