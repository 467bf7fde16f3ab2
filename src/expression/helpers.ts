import type { Json } from "../contract/json.ts";
import { quoteWord } from "../contract/shell-words.ts";

/** One helper of the template language: takes the values of its arguments, gives the value of the expression. */
export interface Helper {
  /** How it is written, for the reference: `join LIST [SEPARATOR]`. */
  readonly usage: string;
  readonly description: string;
  readonly run: (args: readonly Json[]) => Json | undefined;
  /** True when an argument may be an undefined name (only `default` lives on that). */
  readonly takesUndefined?: boolean;
}

/** Says what is wrong with an argument; the template adds where. */
export class HelperError extends Error {}

/** Every helper, by its name. `cel` is beside them: it needs all variables. */
export const helpers: Readonly<Record<string, Helper>> = {
  quote: {
    usage: "quote VALUE",
    description: "One word for the shell; a list gives several words.",
    run: ([value]) => (Array.isArray(value) ? value.map(shellWord).join(" ") : shellWord(value)),
  },
  default: {
    usage: "default VALUE OTHER",
    description: "OTHER when VALUE is undefined, null or empty text.",
    run: ([value, other]) => (value === undefined || value === null || value === "" ? other : value),
    takesUndefined: true,
  },
  join: {
    usage: 'join LIST ["SEPARATOR"]',
    description: "The list as one text, separated by a comma unless told otherwise.",
    run: ([list, separator = ","]) => listOf(list).map(textOf).join(textOf(separator)),
  },
  split: {
    usage: 'split TEXT "SEPARATOR"',
    description: "The text cut into a list.",
    run: ([text, separator = ","]) => textOf(text).split(textOf(separator)),
  },
  lower: { usage: "lower TEXT", description: "Small letters.", run: ([text]) => textOf(text).toLowerCase() },
  upper: {
    usage: "upper TEXT",
    description: "Capital letters.",
    run: ([text]) => textOf(text).toUpperCase(),
  },
  trim: {
    usage: "trim TEXT",
    description: "Without white space at both ends.",
    run: ([text]) => textOf(text).trim(),
  },
  replace: {
    usage: 'replace TEXT "FROM" "TO"',
    description: "Every FROM becomes TO, letter by letter.",
    run: ([text, from, to]) => textOf(text).replaceAll(textOf(from), () => textOf(to)),
  },
  regexReplace: {
    usage: 'regexReplace TEXT "PATTERN" "TO"',
    description: "Every match becomes TO, in which $1 stands for the first group.",
    run: ([text, pattern, to]) => textOf(text).replaceAll(patternOf(pattern), textOf(to)),
  },
  basename: {
    usage: "basename PATH",
    description: "The last part of a path.",
    run: ([path]) => textOf(path).replace(/\/+$/, "").replace(/^.*\//, ""),
  },
  dirname: {
    usage: "dirname PATH",
    description: "A path without its last part.",
    run: ([path]) => parentOf(textOf(path).replace(/\/+$/, "")),
  },
  json: { usage: "json VALUE", description: "The value as JSON.", run: ([value]) => JSON.stringify(value) },
  first: {
    usage: "first LIST",
    description: "The first item of a list that is not empty.",
    run: ([list]) => listOf(list)[0],
  },
  last: {
    usage: "last LIST",
    description: "The last item of a list that is not empty.",
    run: ([list]) => listOf(list).at(-1),
  },
  length: {
    usage: "length VALUE",
    description: "How many items, keys or characters.",
    run: ([value]) => sizeOf(value),
  },
  lookup: {
    usage: "lookup MAP KEY",
    description: "The value of a map under a computed key, or the item of a list.",
    run: ([collection, key]) => memberOf(collection, key),
  },
  keys: {
    usage: "keys MAP",
    description: "The keys of a map.",
    run: ([map]) => Object.keys(mapOf(map)),
  },
  eq: { usage: "eq A B", description: "True when both are the same.", run: ([a, b]) => isSame(a, b) },
  ne: { usage: "ne A B", description: "True when they differ.", run: ([a, b]) => !isSame(a, b) },
  not: { usage: "not VALUE", description: "True for false, 0, null and empty.", run: ([a]) => !isTruthy(a) },
  and: { usage: "and A B …", description: "True when all are.", run: (all) => all.every(isTruthy) },
  or: { usage: "or A B …", description: "True when one is.", run: (all) => all.some(isTruthy) },
  contains: {
    usage: "contains LIST_OR_TEXT VALUE",
    description: "True when the value is in it.",
    run: ([whole, part]) =>
      typeof whole === "string"
        ? whole.includes(textOf(part))
        : listOf(whole).some((entry) => isSame(entry, part)),
  },
};

/** The names that may stand first in `{{name argument …}}`. */
export const helperNames: readonly string[] = [...Object.keys(helpers), "cel"];

/** The blocks of the template language: `{{#if x}}…{{/if}}`. */
export const blockNames: readonly string[] = ["if", "unless", "each", "with"];

function shellWord(value: Json | undefined): string {
  return quoteWord(textOf(value));
}

function textOf(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new HelperError(`it wants text here and got ${describe(value)}`);
}

function listOf(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw new HelperError(`it wants a list here and got ${describe(value)}`);
}

function mapOf(value: Json | undefined): Readonly<Record<string, Json>> {
  if (isMap(value)) return value;
  throw new HelperError(`it wants a map here and got ${describe(value)}`);
}

function patternOf(value: Json | undefined): RegExp {
  try {
    return new RegExp(textOf(value), "gu");
  } catch (error) {
    if (error instanceof SyntaxError) throw new HelperError(error.message);
    throw error;
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

function sizeOf(value: Json | undefined): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return Object.keys(mapOf(value)).length;
}

function memberOf(collection: Json | undefined, key: Json | undefined): Json | undefined {
  if (Array.isArray(collection)) return collection[Number(textOf(key))];
  const map = mapOf(collection);
  const name = textOf(key);
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function isTruthy(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return Boolean(value);
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

function isMap(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A word for what kind of value it is: "a list", "null". */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string") return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return `the ${typeof value} ${String(value)}`;
}
