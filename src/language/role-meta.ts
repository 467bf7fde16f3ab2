import { join } from "node:path";
import type { JsonSchema } from "../contract/json.ts";
import type { Reading } from "./reading.ts";
import { readOptional } from "./role-scope.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { flag, list } from "./schemas/common.ts";
import { flagAt } from "./task-words.ts";
import { childAt, entriesOf, type Spot } from "./yaml/spot.ts";

/** What a role says of itself in `meta/main.yml`. */
export interface RoleMeta {
  /** Roles that run before it, as `roles:` of a play names them. */
  readonly dependencies: readonly Spot[];
  /** True: it runs each time, though it is used again in the same way. */
  readonly mayRepeat: boolean;
}

/** `meta/main.yml` of a role. */
const roleMetaSchema: JsonSchema = {
  type: "object",
  properties: {
    dependencies: list(
      "Roles that run before this one, written as in `roles:`; each once in a play, unless it may repeat.",
    ),
    allow_duplicates: flag("true lets the role run each time, though it is used again in the same way."),
    galaxy_info: {
      description: "What Ansible Galaxy shows of the role. It is not read here.",
      type: "object",
    },
    collections: { description: "Collections of Ansible. They are not read here.", type: "array" },
  },
  additionalProperties: false,
};

/** Reads `meta/main.yml` of a role, if it has one. */
export async function readRoleMeta(directory: string, reading: Reading): Promise<RoleMeta> {
  const root = await readOptional(join(directory, "meta", "main.yml"), reading);
  if (root === undefined) return { dependencies: [], mayRepeat: false };
  reading.problems.push(...validateSpot(roleMetaSchema, root, { what: "meta/main.yml", keyHint }));
  return {
    dependencies: entriesOf(childAt(root, "dependencies")),
    mayRepeat: flagAt(root, "allow_duplicates") ?? false,
  };
}

function keyHint(key: string): string | undefined {
  return key === "argument_specs" ? "write a JSON Schema into arguments.yml of the role" : undefined;
}
