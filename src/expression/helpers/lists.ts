import { isList, type Json } from "../../contract/json.ts";
import { describe, isSame, listOf, mapOf, textOf } from "./arguments.ts";
import { HelperError, type Helpers } from "./helper.ts";

/** Helpers that read or make lists. */
export const listHelpers: Helpers = {
  join: {
    usage: 'join LIST ["SEPARATOR"]',
    description: "The list as one text, separated by a comma unless told otherwise.",
    example: ['{{join (split "a b" " ") ", "}}', "a, b"],
    run: ([list, separator = ","]) => listOf(list).map(textOf).join(textOf(separator)),
    cel: "string",
  },
  split: {
    usage: 'split TEXT ["SEPARATOR"]',
    description: "The text cut into a list, at commas unless told otherwise.",
    example: ['{{split "a,b"}}', ["a", "b"]],
    run: ([text, separator = ","]) => textOf(text).split(textOf(separator)),
    cel: "list",
  },
  first: {
    usage: "first LIST",
    description: "The first item of a list. Of an empty list it is no value, for `default` to replace.",
    example: ['{{first (split "a,b")}}', "a"],
    run: ([list]) => listOf(list)[0],
    cel: "dyn",
  },
  last: {
    usage: "last LIST",
    description: "The last item of a list. Of an empty list it is no value, for `default` to replace.",
    example: ['{{last (split "a,b")}}', "b"],
    run: ([list]) => listOf(list).at(-1),
    cel: "dyn",
  },
  length: {
    usage: "length VALUE",
    description: "How many items, keys or characters. In CEL also `size(x)`.",
    example: ['{{length "mail"}}', 4],
    run: ([value]) => sizeOf(value),
    cel: "int",
  },
  unique: {
    usage: "unique LIST",
    description: "The list without what stood in it before.",
    example: ['{{unique (split "a,b,a")}}', ["a", "b"]],
    run: ([list]) => {
      const all = listOf(list);
      return all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index);
    },
    cel: "list",
  },
  sort: {
    usage: 'sort LIST ["KEY"]',
    description:
      "The list in order: numbers by size, texts by their characters; maps by the value under KEY. Numbers and texts can't be mixed.",
    example: ['{{sort (split "b,a")}}', ["a", "b"]],
    run: ([list, key]) => [...listOf(list)].sort((a, b) => compare(sortedBy(a, key), sortedBy(b, key))),
    cel: "list",
  },
  reverse: {
    usage: "reverse LIST_OR_TEXT",
    description: "Back to front.",
    example: ['{{reverse (split "a,b")}}', ["b", "a"]],
    run: ([value]) =>
      typeof value === "string" ? [...value].reverse().join("") : [...listOf(value)].reverse(),
    cel: "dyn",
  },
  flatten: {
    usage: "flatten LIST",
    description: "Lists in the list, and lists in those, become part of it.",
    example: ['{{flatten (cel "[1, [2, [3]]]")}}', [1, 2, 3]],
    run: ([list]) => flat(listOf(list)),
    cel: "list",
  },
  contains: {
    usage: "contains LIST_OR_TEXT VALUE",
    description: "True when the value is in it. In CEL also `value in list` and `text.contains(part)`.",
    example: ['{{contains "example.org" "org"}}', true],
    run: ([whole, part]) =>
      typeof whole === "string"
        ? whole.includes(textOf(part))
        : listOf(whole).some((entry) => isSame(entry, part)),
    cel: "bool",
  },
};

function sizeOf(value: Json | undefined): number {
  if (typeof value === "string" || isList(value)) return value.length;
  return Object.keys(mapOf(value)).length;
}

function flat(list: readonly Json[]): readonly Json[] {
  return list.flatMap((entry) => (isList(entry) ? flat(entry) : [entry]));
}

function sortedBy(entry: Json, key: Json | undefined): Json | undefined {
  return key === undefined ? entry : mapOf(entry)[textOf(key)];
}

function compare(a: Json | undefined, b: Json | undefined): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  throw new HelperError(`it can't put ${describe(a)} and ${describe(b)} in an order`);
}
