import { describe } from "../../expression/helpers/arguments.ts";
import { type Explained, explainType, textOf, typesOf } from "./explain-type.ts";

/** A choice between types is told as one type error; a choice between arguments by their names. */
export function explainChoice(
  subject: string,
  branches: readonly Branch[],
  data: unknown,
  written: string | undefined,
  parent: unknown,
): Explained {
  const { description } = (parent ?? {}) as { readonly description?: unknown };
  const types = branches.flatMap(({ type }) => (type === undefined ? [] : typesOf(type)));
  if (types.length >= branches.length && !types.includes(typeOf(data))) {
    return explainType(subject, types, data, written, description);
  }
  const names = branches.flatMap((branch) => requiredOf(branch));
  if (names.length >= branches.length && branches.every(({ type }) => type === undefined)) {
    const given = names.filter(
      (name) => typeof data === "object" && data !== null && Object.hasOwn(data, name),
    );
    const message =
      given.length > 1
        ? `${subject} can't have both of ${list(given)}`
        : `${subject} needs one of ${list(names)}`;
    return { message };
  }
  return { message: `${subject} is ${describe(data)}, which does not fit`, hint: textOf(description) };
}

/** What of a schema tells choices apart. */
export interface Branch {
  readonly type?: unknown;
  readonly required?: unknown;
}

/** The schemas that `anyOf` or `oneOf` choose between. */
export function branchesOf(schema: unknown, keyword: string): readonly Branch[] {
  const branches = (schema as Readonly<Record<string, unknown>> | undefined)?.[keyword];
  return Array.isArray(branches) ? (branches as Branch[]) : [];
}

/** The names that a schema requires. */
export function requiredOf(schema: unknown): string[] {
  const { required } = (schema ?? {}) as Branch;
  return Array.isArray(required) ? required.map(String) : [];
}

function typeOf(data: unknown): string {
  if (data === null) return "null";
  if (Array.isArray(data)) return "array";
  return typeof data;
}

/** Names as they stand in a sentence. */
export function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(" and ");
}
