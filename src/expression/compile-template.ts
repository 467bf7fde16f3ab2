import Handlebars from "handlebars";
import { Failure } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { Json } from "../contract/json.ts";
import { evaluateExpression } from "./cel.ts";
import { explainCelError } from "./cel-problem.ts";
import { controlReaderOf } from "./control-lookups.ts";
import { guardTemplate, type Site } from "./guard-template.ts";
import { describe } from "./helpers/arguments.ts";
import { HelperError } from "./helpers/helper.ts";
import { blockNames, helperNames, helpers } from "./helpers.ts";
import { isMustache, isPath, isSubExpression, parseTemplate } from "./parse-template.ts";
import { TemplateFault } from "./template-fault.ts";

/** A template ready to be rendered as often as one likes. Rendering throws TemplateFault. */
export interface CompiledTemplate {
  /** True when the whole text is one `{{ … }}`: then its value keeps its type. */
  readonly isSingle: boolean;
  render(variables: Variables, use: TemplateUse): Json;
}

/**
 * What the text is for: a value of a task, where an empty part of a path is refused; a command that a shell reads, where
 * also a bare value with the shell's own characters is; or a whole file, where all is right.
 */
export type TemplateUse = "value" | "shell" | "file";

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

function compile(text: string): CompiledTemplate {
  const template = parseTemplate(text);
  const [only, ...others] = template.body;
  const isSingle = only !== undefined && others.length === 0 && isMustache(only);
  const { program, sites } = guardTemplate(template, isSingle ? "__keep" : "__print");
  const run = fillIn(program, sites) ?? compileProgram(program, sites);
  return {
    isSingle,
    render(variables, use) {
      const kept: { value?: Json } = {};
      const output = run(variables, { data: { root: variables, kept, use } });
      return isSingle ? (kept.value ?? null) : output;
    },
  };
}

type Run = (variables: Variables, options: CallOptions) => string;

/** Handlebars makes a function of the template, which takes as long as some hundred calls of it. */
function compileProgram(program: hbs.AST.Program, sites: readonly Site[]): Run {
  const engine = makeEngine(sites);
  return engine.compile(program, {
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: Object.fromEntries(Object.keys(engine.helpers).map((name) => [name, true])) as KnownHelpers,
    ignoreStandalone: false,
  });
}

/** The same for what most templates are: texts and names of variables, for which no function has to be made. Undefined for others. */
function fillIn({ body }: hbs.AST.Program, sites: readonly Site[]): Run | undefined {
  const parts: Run[] = [];
  for (const statement of body) {
    if (statement.type === "ContentStatement") {
      const { value } = statement as hbs.AST.ContentStatement;
      parts.push(() => value);
      continue;
    }
    const variable = isMustache(statement) ? printedVariable(statement) : undefined;
    if (variable === undefined) return undefined;
    const { name, isKept } = variable;
    const [readAt, printedAt] = variable.sites.map((site) => sites[site]);
    parts.push((variables, options) => {
      const found = Object.hasOwn(variables, name) ? variables[name] : undefined;
      const value = definedValue(found, readAt, options);
      if (!isKept) return printed(value, printedAt, options.data.use);
      options.data.kept.value = value;
      return "";
    });
  }
  return (variables, options) => parts.map((part) => part(variables, options)).join("");
}

interface PrintedVariable {
  readonly name: string;
  /** Where it is read, and where it is printed. */
  readonly sites: readonly [number, number];
  readonly isKept: boolean;
}

/** A variable of the play by its bare name, as guard-template.ts hands it on: `__print (__defined name 0) 1`, or `__keep`. */
function printedVariable(statement: hbs.AST.MustacheStatement): PrintedVariable | undefined {
  const [read, printedAt] = statement.params;
  if (read === undefined || !isSubExpression(read) || read.path.original !== "__defined") return undefined;
  const [value, readAt] = read.params;
  if (value === undefined || !isPath(value) || value.data || value.depth !== 0) return undefined;
  const [name] = value.parts;
  if (name === undefined || value.original !== name) return undefined;
  const isKept = isPath(statement.path) && statement.path.original === "__keep";
  return { name, sites: [numberOf(readAt), numberOf(printedAt)], isKept };
}

function numberOf(node: hbs.AST.Expression | undefined): number {
  return (node as hbs.AST.NumberLiteral).value;
}

interface CallOptions {
  readonly data: { readonly root: Variables; readonly kept: { value?: Json }; readonly use: TemplateUse };
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
    printed(definedValue(value, sites[site], options), sites[site], options.data.use),
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
  const variables = options.data.root;
  try {
    if (name === "cel") return evaluateExpression(String(args[0]), variables);
    return helpers[name]?.run(args, controlReaderOf(variables));
  } catch (error) {
    throw site === undefined ? error : faultOfHelper(error, name, args, site);
  }
}

function faultOfHelper(error: unknown, name: string, args: readonly Json[], site: Site): unknown {
  if (error instanceof HelperError) {
    const usage = helpers[name]?.usage;
    const hint = error.hint ?? (usage === undefined ? undefined : `write {{${usage}}}`);
    return new TemplateFault(`\`${name}\` can't be used here: ${error.message}`, site, hint);
  }
  if (error instanceof Failure && name === "lookup")
    return new TemplateFault(error.message, site, error.next);
  if (name !== "cel") return error;
  const explained = explainCelError(error, String(args[0]), "expression");
  return new TemplateFault(explained.message, site, explained.hint);
}

function definedValue(value: Json | undefined, site: Site | undefined, { data }: CallOptions): Json {
  if (value !== undefined) return value;
  const { written = "this", variable, ...at } = site ?? { line: 1, column: 0 };
  if (variable !== undefined && !Object.hasOwn(data.root, variable)) {
    throw new TemplateFault(
      `\`${variable}\` is not defined`,
      at,
      `set it, or write {{default ${written} "…"}}`,
    );
  }
  if (site?.isBare === false) {
    throw new TemplateFault(`\`${written}\` gives no value here`, at, `write {{default (${written}) "…"}}`);
  }
  const [first = ""] = written.split(".");
  const hint =
    variable === undefined && Object.hasOwn(data.root, first)
      ? `inside \`#each\` and \`#with\` write {{@root.${written}}} for a variable of the play`
      : `write {{default ${written} "…"}} when it may be missing`;
  throw new TemplateFault(`\`${written}\` has no value here`, at, hint);
}

function collection(value: Json, site: Site | undefined): Json {
  if (typeof value === "object" && value !== null) return value;
  throw new TemplateFault(
    `\`{{#each}}\` wants a list or a map and got ${describe(value)}`,
    site ?? { line: 1, column: 0 },
  );
}

function printed(value: Json, site: Site | undefined, use: TemplateUse): string {
  if (site?.inPath === true && use !== "file" && (value === "" || value === "''")) {
    const hint = "an empty part makes it another path: give it a value";
    throw new TemplateFault(`\`${site.written}\` is empty and stands in a path`, site, hint);
  }
  const isApart = typeof value === "string" && !/^[\w@%+=:,./-]*$/.test(value);
  if (site?.isBare === true && use === "shell" && isApart) {
    const message = `\`${site.written}\` holds ${describe(value)}, which the shell would take apart`;
    throw new TemplateFault(message, site, `write {{quote ${site.written}}}`);
  }
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const { written = "this", ...at } = site ?? { line: 1, column: 0 };
  const hint =
    value === null
      ? `give it a value, or write {{default ${written} "…"}}`
      : `write {{join ${written} " "}} for a list, {{json ${written}}} for JSON, or name the part you want`;
  throw new TemplateFault(`\`${written}\` is ${describe(value)}, which can't stand inside a text`, at, hint);
}
