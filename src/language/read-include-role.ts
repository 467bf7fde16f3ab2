import type { RoleUse } from "./find-role.ts";
import { isLate, readLate } from "./late-include.ts";
import type { RoleScope } from "./model/role.ts";
import type { Block, TaskNode } from "./model/task.ts";
import { withModuleDefaults } from "./module-defaults.ts";
import { applied, gated, importHint, includeHint, isPlain } from "./read-include.ts";
import { onceKeyOf, readRoleUse } from "./read-role.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { importRoleSchema, includeRoleSchema } from "./schemas/include.ts";
import { flagAt, readWords } from "./task-words.ts";
import { childAt, type Spot, valuesAt } from "./yaml/spot.ts";

/** Reads `include_role`: a block of the tasks of a role's entry point, behind a gate. */
export async function readIncludedRole(
  spot: Spot,
  outer: TaskScope,
  reading: Reading,
): Promise<Block | undefined> {
  const options = { what: "an include of a role", keyHint: includeHint };
  reading.problems.push(...validateSpot(includeRoleSchema, spot, options));
  const given = childAt(spot, "include_role");
  const name = given === undefined ? undefined : childAt(given, "name");
  if (given === undefined || typeof name?.value !== "string") return undefined;
  const scope = await withModuleDefaults(spot, outer, reading);
  const entry = childAt(given, "tasks_from");
  const names = entry === undefined ? [name] : [name, entry];
  const read = async ([role = name, from]: readonly Spot[], at: TaskScope, into: Reading) => {
    const use = { ...useAt(given, role), entry: textOf(from), entrySpot: from ?? role };
    return applied(given, at, await readUse(spot, use, at, into));
  };
  const late = names.some(isLate) ? readLate(names, scope, reading, read) : undefined;
  const block = late === undefined ? await read(names, scope, reading) : [];
  return gated(spot, scope, "include_role", { block, late });
}

/** Reads `import_role`: a block of the tasks of a role's entry point, with the words beside it. */
export async function readImportedRole(
  spot: Spot,
  outer: TaskScope,
  reading: Reading,
): Promise<Block | undefined> {
  const options = { what: "an import of a role", keyHint: importHint };
  reading.problems.push(...validateSpot(importRoleSchema, spot, options));
  const given = childAt(spot, "import_role");
  const name = given === undefined ? undefined : childAt(given, "name");
  if (given === undefined || typeof name?.value !== "string") return undefined;
  const entry = childAt(given, "tasks_from");
  if (
    ![name, ...(entry === undefined ? [] : [entry])].every((one) => isPlain(one, "include_role", reading))
  ) {
    return undefined;
  }
  const scope = await withModuleDefaults(spot, outer, reading);
  const use = { ...useAt(given, name), entry: textOf(entry), entrySpot: entry ?? name };
  const block = await readUse(spot, use, scope, reading);
  return { kind: "block", ...readWords(spot, scope.role), block, rescue: [], always: [] };
}

/** The role's tasks as one block, with the role for all that stands in it. */
async function readUse(spot: Spot, use: RoleUse, scope: TaskScope, reading: Reading): Promise<TaskNode[]> {
  const part = await readRoleUse(use, scope, reading);
  if (part === undefined) return [];
  const words = bareWords(spot, part.role);
  const onceKey = use.mayRepeat === false ? onceKeyOf(use, part.role) : undefined;
  return [{ kind: "block", ...words, onceKey, block: part.tasks, rescue: [], always: [] }];
}

function bareWords(spot: Spot, role: RoleScope) {
  const { name, place } = readWords(spot, role);
  return { name, place, role, when: [], vars: {}, tags: [], environment: [] };
}

function useAt(given: Spot, name: Spot): Omit<RoleUse, "entry" | "entrySpot"> {
  return {
    name,
    parameters: valuesAt(childAt(given, "vars")),
    from: {
      defaults: childAt(given, "defaults_from"),
      vars: childAt(given, "vars_from"),
      handlers: childAt(given, "handlers_from"),
    },
    isPublic: flagAt(given, "public") ?? false,
    mayRepeat: flagAt(given, "allow_duplicates"),
  };
}

function textOf(spot: Spot | undefined): string | undefined {
  return typeof spot?.value === "string" ? spot.value : undefined;
}
