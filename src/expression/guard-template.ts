import { helpers } from "./helpers.ts";
import { helperOf, isBlock, isMustache, isPath, isSubExpression } from "./parse-template.ts";

/** Where an expression stands in the template and how it is written, for messages. */
export interface Site {
  readonly line: number;
  readonly column: number;
  readonly written: string;
  /** The variable's own name where it is looked up among all variables; undefined inside an item. */
  readonly variable?: string | undefined;
  /** True where a `/` stands right beside it, so that an empty value would name another directory. */
  readonly inPath?: boolean | undefined;
  /** True for `{{name}}` alone, false for a call of a helper. */
  readonly isBare?: boolean | undefined;
}

/** What stands for a whole expression: `__print` makes text of its value, `__keep` keeps the value as it is. */
type Printer = "__print" | "__keep";

/**
 * Handlebars' own strict mode lets empty values, undefined arguments and `#if nope` through. So in its place every
 * expression is handed to helpers that look at the value: `__print` where it becomes text, `__keep` where it keeps its
 * type, `__defined` and `__list` where it is only read. Each gets the number of its site.
 */
export function guardTemplate(
  template: hbs.AST.Program,
  printer: Printer,
): { readonly program: hbs.AST.Program; readonly sites: readonly Site[] } {
  const sites: Site[] = [];
  return { program: guardProgram(template, { sites, inItem: false, printer }), sites };
}

interface Guarding {
  readonly sites: Site[];
  readonly inItem: boolean;
  readonly printer: Printer;
}

function guardProgram(program: hbs.AST.Program, guarding: Guarding): hbs.AST.Program {
  const guarded = program.body.map((statement, index) => {
    if (isBlock(statement)) return guardBlock(statement, guarding);
    if (!isMustache(statement)) return statement;
    const inPath = /\/$/.test(textOf(program.body[index - 1])) || /^\//.test(textOf(program.body[index + 1]));
    return guardMustache(statement, inPath, guarding);
  });
  return { ...program, body: guarded };
}

function textOf(statement: hbs.AST.Statement | undefined): string {
  return statement?.type === "ContentStatement" ? (statement as hbs.AST.ContentStatement).value : "";
}

function guardMustache(
  statement: hbs.AST.MustacheStatement,
  inPath: boolean,
  guarding: Guarding,
): hbs.AST.MustacheStatement {
  const helper = helperOf(statement);
  const call = helper === undefined ? statement.path : asCall(statement);
  const isBare = helper === undefined;
  const quoted = helper === "quote" ? statement.params[0] : undefined;
  const written = quoted ?? (isBare ? statement.path : statement);
  const guarded = guardExpression(call, guarding);
  const site = siteOf(written, guarding, { inPath: inPath && (isBare || helper === "quote"), isBare });
  return {
    ...statement,
    path: helperPath(guarding.printer, statement),
    params: [guarded, numberNode(site, statement)],
  } as hbs.AST.MustacheStatement;
}

function guardBlock(block: hbs.AST.BlockStatement, guarding: Guarding): hbs.AST.BlockStatement {
  const name = block.path.original;
  const inItem = guarding.inItem || name === "each" || name === "with";
  return {
    ...block,
    params: block.params.map((param) =>
      guardExpression(param, guarding, name === "each" ? "__list" : "__defined"),
    ),
    program: guardProgram(block.program, { ...guarding, inItem }),
    inverse: block.inverse ? guardProgram(block.inverse, guarding) : block.inverse,
  };
}

function guardExpression(
  expression: hbs.AST.Expression,
  guarding: Guarding,
  guard = "__defined",
): hbs.AST.Expression {
  if (isSubExpression(expression)) return wrap(guard, guardCall(expression, guarding), guarding, expression);
  if (isPath(expression)) return wrap(guard, expression, guarding, expression);
  return expression;
}

function guardCall(call: hbs.AST.SubExpression, guarding: Guarding): hbs.AST.SubExpression {
  const takesUndefined = helpers[call.path.original]?.takesUndefined === true;
  const params = call.params.map((param) =>
    takesUndefined ? unguarded(param, guarding) : guardExpression(param, guarding),
  );
  return { ...call, params: [...params, numberNode(siteOf(call.path, guarding), call)] };
}

/** What may have no value. */
function unguarded(expression: hbs.AST.Expression, guarding: Guarding): hbs.AST.Expression {
  return isSubExpression(expression) ? guardCall(expression, guarding) : expression;
}

function wrap(
  guard: string,
  value: hbs.AST.Expression,
  guarding: Guarding,
  written: hbs.AST.Expression,
): hbs.AST.Expression {
  const isCall = isSubExpression(written);
  const site = siteOf(written, guarding, isCall ? { isBare: false } : {});
  return asCall({ ...value, path: helperPath(guard, value), params: [value, numberNode(site, value)] });
}

function siteOf(
  node: hbs.AST.Expression,
  { sites, inItem }: Guarding,
  more: Pick<Site, "inPath" | "isBare"> = {},
): number {
  const { line, column } = node.loc.start;
  const isVariable = isPath(node) && node.depth === 0 && !node.data && !inItem;
  const written = asWritten(node);
  sites.push({ line, column, written, variable: isVariable ? node.parts[0] : undefined, ...more });
  return sites.length - 1;
}

/** The expression in the template's own spelling. */
function asWritten(node: hbs.AST.Node): string {
  if (isPath(node)) return node.original;
  if (node.type === "StringLiteral") return JSON.stringify((node as hbs.AST.StringLiteral).original);
  if (isMustache(node) || isSubExpression(node)) {
    const words = [node.path, ...node.params].map((part) =>
      isSubExpression(part) ? `(${asWritten(part)})` : asWritten(part),
    );
    return words.join(" ");
  }
  return "original" in node ? String(node.original) : "this";
}

function asCall(
  call: Pick<hbs.AST.MustacheStatement, "loc"> & { path: unknown; params: unknown[]; hash?: unknown },
) {
  return {
    type: "SubExpression",
    loc: call.loc,
    path: call.path,
    params: call.params,
    hash: undefined,
  } as unknown as hbs.AST.SubExpression;
}

function helperPath(name: string, { loc }: hbs.AST.Node): hbs.AST.PathExpression {
  return { type: "PathExpression", data: false, depth: 0, parts: [name], original: name, loc };
}

function numberNode(value: number, { loc }: hbs.AST.Node): hbs.AST.NumberLiteral {
  return { type: "NumberLiteral", value, original: value, loc };
}
