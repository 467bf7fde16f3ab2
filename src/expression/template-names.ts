import { namesInExpression } from "./condition-names.ts";
import { helperOf, isBlock, isMustache, isPath, isSubExpression, parseTemplate } from "./parse-template.ts";
import { TemplateFault } from "./template-fault.ts";

/** A name in a template, by its own line (from 1) and column (from 0). */
export interface NameUse {
  readonly name: string;
  readonly line: number;
  readonly column: number;
  /** True where the name may be undefined, as in `default name "x"`. */
  readonly optional: boolean;
}

/** What a template uses, for checks before the run. Bad syntax and unknown helpers throw TemplateFault. */
export interface TemplateNames {
  readonly variables: readonly NameUse[];
  readonly helpers: readonly NameUse[];
}

/** Finds the variables (by their first part) and helpers that a template uses, in blocks too. Throws TemplateFault. */
export function namesInTemplate(text: string): TemplateNames {
  const found: Found = { variables: [], helpers: [] };
  if (/\{[{%]/.test(text)) walkBody(parseTemplate(text).body, 0, found);
  return found;
}

interface Found {
  readonly variables: NameUse[];
  readonly helpers: NameUse[];
}

/** `depth` counts the `#each` and `#with` round the statement: inside them a plain name is a part of the item. */
function walkBody(body: readonly hbs.AST.Statement[], depth: number, found: Found): void {
  for (const statement of body) {
    if (isMustache(statement)) walkCall(statement, depth, found);
    if (isBlock(statement)) walkBlock(statement, depth, found);
  }
}

function walkBlock(block: hbs.AST.BlockStatement, depth: number, found: Found): void {
  for (const param of block.params) walkExpression(param, depth, found);
  const changesItem = block.path.original === "each" || block.path.original === "with";
  walkBody(block.program.body, changesItem ? depth + 1 : depth, found);
  if (block.inverse) walkBody(block.inverse.body, depth, found);
}

function walkCall(
  call: hbs.AST.MustacheStatement | hbs.AST.SubExpression,
  depth: number,
  found: Found,
): void {
  const helper = helperOf(call);
  if (helper === undefined) {
    walkExpression(call.path, depth, found);
    return;
  }
  found.helpers.push(use(helper, call.path, false));
  if (helper === "cel") walkCel(call, found);
  for (const param of call.params) walkExpression(param, depth, found, helper === "default");
}

function walkExpression(expression: hbs.AST.Expression, depth: number, found: Found, optional = false): void {
  if (isSubExpression(expression)) walkCall(expression, depth, found);
  if (!isPath(expression)) return;
  const [first, second] = expression.parts;
  if (expression.data && first === "root" && second !== undefined) {
    found.variables.push(use(second, expression, optional));
  }
  if (expression.data || expression.depth !== depth || first === undefined) return;
  found.variables.push(use(first, expression, optional));
}

function walkCel(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression, found: Found): void {
  const [source] = call.params;
  if (source?.type !== "StringLiteral") {
    throw new TemplateFault(
      "`cel` wants its expression in quotes",
      call.path.loc.start,
      'write {{cel "a + 1"}}',
    );
  }
  const { value, loc } = source as hbs.AST.StringLiteral;
  for (const { name, offset } of namesInExpression(value)) {
    found.variables.push({
      name,
      line: loc.start.line,
      column: loc.start.column + 1 + offset,
      optional: false,
    });
  }
}

function use(name: string, { loc }: hbs.AST.Node, optional: boolean): NameUse {
  return { name, line: loc.start.line, column: loc.start.column, optional };
}
