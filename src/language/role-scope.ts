import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Problem } from "../contract/errors.ts";
import { isMap, type JsonObject, type JsonSchema } from "../contract/json.ts";
import { mergeVariables } from "../expression/placed-values.ts";
import { findRoleFile, type RoleUse } from "./find-role.ts";
import type { RoleScope } from "./model/role.ts";
import type { Reading } from "./reading.ts";
import { requireRightSchema } from "./schema-problems/compile-schema.ts";
import { childAt, problemAt, type Spot, valuesAt } from "./yaml/spot.ts";

/** What a role brings beside its tasks: defaults, vars, the parameters of this use, the schema of its variables. */
export async function makeScope(
  use: RoleUse,
  directory: string,
  outer: RoleScope | undefined,
  reading: Reading,
): Promise<RoleScope> {
  const variables = async (folder: "defaults" | "vars") =>
    readVariables(await findRoleFile(directory, folder, use, reading), folder, reading);
  const entry = (use.entry ?? "main").replace(/\.ya?ml$/, "");
  return {
    name: basename(directory),
    directory,
    defaults: await variables("defaults"),
    vars: await variables("vars"),
    entryVars: use.entryVars,
    parameters: use.parameters,
    outer,
    argumentsSchema: await readArgumentsSchema(join(directory, "arguments.yml"), entry, reading),
  };
}

/** A role that sees the variables of the roles it depends on, below its own. */
export function overDependencies(role: RoleScope, dependencies: readonly RoleScope[]): RoleScope {
  const below = (level: "defaults" | "vars") =>
    [...dependencies.map((one) => one[level]), role[level]].reduce(mergeVariables);
  return dependencies.length === 0 ? role : { ...role, defaults: below("defaults"), vars: below("vars") };
}

/** The roles whose variables a role sees, outermost first, itself last. */
export function rolesRound(role: RoleScope | undefined): RoleScope[] {
  return role === undefined ? [] : [...rolesRound(role.outer), role];
}

async function readVariables(file: string, what: string, reading: Reading): Promise<JsonObject> {
  const root = await readOptional(file, reading);
  if (root === undefined) return {};
  if (isMap(root.value)) return valuesAt(root);
  reading.problems.push(problemAt(root, `${what} have to be a mapping of variables`, "write `name: value`"));
  return {};
}

/** The role's schema, with what `entry_points` of it asks for more at this entry point. */
async function readArgumentsSchema(
  file: string,
  entry: string,
  reading: Reading,
): Promise<JsonSchema | undefined> {
  const root = await readOptional(file, reading);
  if (root === undefined) return undefined;
  if (!isMap(root.value)) {
    reading.problems.push(
      problemAt(root, "arguments.yml has to be a JSON Schema", "begin with `type: object`"),
    );
    return undefined;
  }
  const { entry_points: _points, ...whole } = root.value;
  const points = childAt(root, "entry_points");
  const point = points === undefined ? undefined : childAt(points, entry);
  const own = usableSchema({ ...root, value: whole }, reading);
  if (points !== undefined && !isMap(points.value)) {
    reading.problems.push(
      problemAt(points, "entry_points has to be a mapping", "write `main: { … }`, a JSON Schema for each"),
    );
  }
  const more = point === undefined ? undefined : usableSchema(point, reading);
  return own === undefined || more === undefined ? own : both(own, more);
}

/** The value as a JSON Schema; undefined when it is none, which is then among the problems. */
export function usableSchema(root: Spot, reading: Reading): JsonSchema | undefined {
  if (!isMap(root.value)) return undefined;
  try {
    requireRightSchema(root.value);
    return root.value;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    reading.problems.push(wrongSchema(root, error));
    return undefined;
  }
}

/** One schema that asks for what either of them does. */
function both(whole: JsonSchema, point: JsonSchema): JsonSchema {
  const { properties, required, type: _type, description: _description, ...rest } = point;
  return {
    ...whole,
    properties: { ...(whole.properties as object), ...(properties as object) },
    required: [...((whole.required ?? []) as string[]), ...((required ?? []) as string[])],
    ...(Object.keys(rest).length === 0 ? {} : { allOf: [...((whole.allOf ?? []) as object[]), rest] }),
  } as JsonSchema;
}

/** Ajv tells where by a path behind "data", and all that follows from the first fault too. */
function wrongSchema(root: Spot, error: Error): Problem {
  const [, pointer = "", reason = error.message] = /data(\/\S*)? ([^,]*)/.exec(error.message) ?? [];
  const hint = "write it as JSON Schema, with a `type` beside `properties`";
  return {
    message: `this is no JSON Schema: it ${reason}`,
    place: root.yaml.places.placeOf(root.pointer + pointer),
    hint,
  };
}

/** The value of a file that a role may have or not. */
export async function readOptional(file: string, reading: Reading): Promise<Spot | undefined> {
  if (!existsSync(file)) return undefined;
  const yaml = await reading.yaml(file);
  if (yaml?.value === undefined) return undefined;
  return { yaml, pointer: "", value: yaml.value };
}
