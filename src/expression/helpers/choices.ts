import type { Json } from "../../contract/json.ts";
import { describe, isSame, isTruthy, wholeOf } from "./arguments.ts";
import { HelperError, type Helpers } from "./helper.ts";

/** Helpers that decide, compare, or say what type a value has. */
export const choiceHelpers: Helpers = {
  default: {
    usage: "default VALUE OTHER",
    description:
      "OTHER when VALUE is undefined, null or empty text. VALUE may be a helper too: `default (first list) 0`.",
    example: ['{{default nobody_sets_this "other"}}', "other"],
    run: ([value, other]) => (value === undefined || value === null || value === "" ? other : value),
    takesUndefined: true,
  },
  ternary: {
    usage: "ternary CONDITION YES NO",
    description: "YES when the condition is true, NO otherwise. In CEL `condition ? yes : no`.",
    example: ['{{ternary true "on" "off"}}', "on"],
    run: ([condition, yes, no]) => (isTruthy(condition) ? yes : no),
  },
  int: {
    usage: "int VALUE",
    description: "The whole number that a text holds; a broken number without its fraction.",
    example: ['{{int "25"}}', 25],
    run: ([value]) =>
      wholeOf(typeof value === "string" && /^-?\d+\.\d+$/.test(value) ? Number(value) : value),
  },
  bool: {
    usage: "bool VALUE",
    description:
      "true for true, yes, on, 1; false for false, no, off, 0. CEL's own `bool(x)` knows `true` and `false` alone.",
    example: ['{{bool "yes"}}', true],
    run: ([value]) => truthOf(value),
  },
  eq: {
    usage: "eq A B",
    description: "True when both are the same. In CEL `a == b`.",
    example: ['{{eq "a" "a"}}', true],
    run: ([a, b]) => isSame(a, b),
  },
  ne: {
    usage: "ne A B",
    description: "True when they differ. In CEL `a != b`.",
    example: ['{{ne "a" "b"}}', true],
    run: ([a, b]) => !isSame(a, b),
  },
  not: {
    usage: "not VALUE",
    description: "True for false, 0, null and empty. In CEL `!a`.",
    example: ["{{not false}}", true],
    run: ([a]) => !isTruthy(a),
  },
  and: {
    usage: "and A B …",
    description: "True when all are. In CEL `a && b`.",
    example: ["{{and true false}}", false],
    run: (all) => all.every(isTruthy),
  },
  or: {
    usage: "or A B …",
    description: "True when one is. In CEL `a || b`.",
    example: ["{{or true false}}", true],
    run: (all) => all.some(isTruthy),
  },
};

function truthOf(value: Json | undefined): boolean {
  if (/^(true|yes|on|1)$/i.test(String(value))) return true;
  if (/^(false|no|off|0)$/i.test(String(value))) return false;
  throw new HelperError(`it wants true or false here and got ${describe(value)}`);
}
