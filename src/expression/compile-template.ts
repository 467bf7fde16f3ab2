import Handlebars from "handlebars";
import type { Variables } from "../contract/host.ts";
import type { Json } from "../contract/json.ts";
import { evaluateExpression } from "./cel.ts";
import { explainCelError } from "./cel-problem.ts";
import { blockNames, describe, HelperError, helperNames, helpers } from "./helpers.ts";
import { helperOf, isBlock, isMustache, isPath, isSubExpression, parseTemplate } from "./parse-template.ts";
import { TemplateFault } from "./template-fault.ts";

/** A template ready to be rendered as often as one likes. Rendering throws TemplateFault. */
export interface CompiledTemplate {
  /** True when the whole text is one `{{ … }}`: then its value keeps its type. */
  readonly isSingle: boolean;
  render(variables: Variables): Json;
}

/** Where an expression stands in the template and how it is written, for messages. */
interface Site {
  readonly line: number;
  readonly column: number;
  readonly written: string;
  /** The variable's own name where it is looked up among all variables; undefined inside an item. */
  readonly variable?: string | undefined;
}

const compiled = new Map<string, CompiledTemplate>();
const mostKept = 2000;

/** Compiles a template, or takes it from the ones compiled before. Throws TemplateFault. */
export function compileTemplate(text: string): CompiledTemplate {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (compiled.size >= mostKept) compiled.clear();
  const made = compile(text);
  compiled.set(text, made);
  return made;
}

/**
 * Handlebars' own strict mode lets empty values, undefined arguments and `#if nope` through. So in its place every
 * expression is handed to helpers of ours that look at the value: `__print` where it becomes text, `__keep` where it
 * keeps its type, `__defined` where it is only read.
 */
function compile(text: string): CompiledTemplate {
  const template = parseTemplate(text);
  const [only, ...others] = template.body;
  const isSingle = only !== undefined && others.length === 0 && isMustache(only);
  const sites: Site[] = [];
  const program = guardProgram(template, { sites, inItem: false, printer: isSingle ? "__keep" : "__print" });
  const engine = makeEngine(sites);
  const run = engine.compile(program, {
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: Object.fromEntries(Object.keys(engine.helpers).map((name) => [name, true])) as KnownHelpers,
    ignoreStandalone: false,
  });
  return {
    isSingle,
    render(variables) {
      const kept: { value?: Json } = {};
      const output = run(variables, { data: { root: variables, kept } });
      return isSingle ? (kept.value ?? null) : output;
    },
  };
}

interface Guarding {
  readonly sites: Site[];
  readonly inItem: boolean;
  readonly printer: "__print" | "__keep";
}

function guardProgram(program: hbs.AST.Program, guarding: Guarding): hbs.AST.Program {
  return { ...program, body: program.body.map((statement) => guardStatement(statement, guarding)) };
}

function guardStatement(statement: hbs.AST.Statement, guarding: Guarding): hbs.AST.Statement {
  if (isMustache(statement)) {
    const call = helperOf(statement) === undefined ? statement.path : asCall(statement);
    const guarded = guardExpression(call, guarding);
    const site = siteOf(statement.path, guarding);
    return {
      ...statement,
      path: helperPath(guarding.printer, statement),
      params: [guarded, numberNode(site, statement)],
    } as hbs.AST.MustacheStatement;
  }
  if (isBlock(statement)) return guardBlock(statement, guarding);
  return statement;
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
  if (isSubExpression(expression)) {
    const call = guardCall(expression, guarding);
    return guard === "__list" ? wrap(guard, call, guarding, expression) : call;
  }
  if (isPath(expression)) return wrap(guard, expression, guarding, expression);
  return expression;
}

function guardCall(call: hbs.AST.SubExpression, guarding: Guarding): hbs.AST.SubExpression {
  const takesUndefined = helpers[call.path.original]?.takesUndefined === true;
  const params = call.params.map((param) =>
    takesUndefined && isPath(param) ? param : guardExpression(param, guarding),
  );
  return { ...call, params: [...params, numberNode(siteOf(call.path, guarding), call)] };
}

function wrap(
  guard: string,
  value: hbs.AST.Expression,
  guarding: Guarding,
  written: hbs.AST.Expression,
): hbs.AST.Expression {
  const site = siteOf(isSubExpression(written) ? written.path : written, guarding);
  return asCall({ ...value, path: helperPath(guard, value), params: [value, numberNode(site, value)] });
}

function siteOf(node: hbs.AST.Expression, { sites, inItem }: Guarding): number {
  const { line, column } = node.loc.start;
  const isVariable = isPath(node) && node.depth === 0 && !node.data && !inItem;
  const written = isPath(node) ? node.original : "this";
  sites.push({ line, column, written, variable: isVariable ? node.parts[0] : undefined });
  return sites.length - 1;
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

interface CallOptions {
  readonly data: { readonly root: Variables; readonly kept: { value?: Json } };
}

/** An engine of its own per template, whose helpers know the template's sites. */
function makeEngine(sites: readonly Site[]): typeof Handlebars {
  const engine = Handlebars.create();
  for (const name of Object.keys(engine.helpers))
    if (!blockNames.includes(name)) engine.unregisterHelper(name);
  for (const name of helperNames) {
    engine.registerHelper(name, (...all: unknown[]) => callHelper(name, all, sites));
  }
  engine.registerHelper("__defined", (value: Json | undefined, site: number, options: CallOptions) =>
    definedValue(value, sites[site], options),
  );
  engine.registerHelper("__list", (value: Json | undefined, site: number, options: CallOptions) =>
    collection(definedValue(value, sites[site], options), sites[site]),
  );
  engine.registerHelper("__print", (value: Json | undefined, site: number, options: CallOptions) =>
    printed(definedValue(value, sites[site], options), sites[site]),
  );
  engine.registerHelper("__keep", (value: Json | undefined, site: number, options: CallOptions) => {
    options.data.kept.value = definedValue(value, sites[site], options);
    return "";
  });
  return engine;
}

function callHelper(name: string, all: readonly unknown[], sites: readonly Site[]): Json | undefined {
  const options = all.at(-1) as CallOptions;
  const site = sites[all.at(-2) as number];
  const args = all.slice(0, -2) as Json[];
  try {
    if (name === "cel") return evaluateExpression(String(args[0]), options.data.root);
    return helpers[name]?.run(args);
  } catch (error) {
    if (site === undefined) throw error;
    if (error instanceof HelperError) {
      throw new TemplateFault(`\`${name}\` can't be used here: ${error.message}`, site, helpers[name]?.usage);
    }
    if (name !== "cel") throw error;
    const explained = explainCelError(error, String(args[0]));
    throw new TemplateFault(explained.message, site, explained.hint);
  }
}

function definedValue(value: Json | undefined, site: Site | undefined, { data }: CallOptions): Json {
  if (value !== undefined) return value;
  const { written = "this", variable, ...at } = site ?? { line: 1, column: 0 };
  if (variable !== undefined && !(variable in data.root)) {
    throw new TemplateFault(
      `\`${variable}\` is not defined`,
      at,
      `set it, or write {{default ${written} "…"}}`,
    );
  }
  throw new TemplateFault(
    `\`${written}\` has no value here`,
    at,
    `write {{default ${written} "…"}} when it may be missing`,
  );
}

function collection(value: Json, site: Site | undefined): Json {
  if (typeof value === "object" && value !== null) return value;
  throw new TemplateFault(
    `\`{{#each}}\` wants a list or a map and got ${describe(value)}`,
    site ?? { line: 1, column: 0 },
  );
}

function printed(value: Json, site: Site | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const { written = "this", ...at } = site ?? { line: 1, column: 0 };
  const hint =
    value === null
      ? `give it a value, or write {{default ${written} "…"}}`
      : `write {{join ${written} " "}} for a list, {{json ${written}}} for JSON, or name the part you want`;
  throw new TemplateFault(`\`${written}\` is ${describe(value)}, which can't stand inside a text`, at, hint);
}
