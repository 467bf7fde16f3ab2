import type { JsonObject, JsonSchema } from "../../contract/json.ts";

/** The role a task belongs to: what its variables and its files are looked up in. */
export interface RoleScope {
  readonly name: string;
  readonly directory: string;
  /** With those of the roles it depends on, below its own. */
  readonly defaults: JsonObject;
  /** `vars/main.yml`, with those of the roles it depends on, below its own. */
  readonly vars: JsonObject;
  /** `vars` of the entry of `roles:`; the role's own stand above them, as in Ansible. */
  readonly entryVars?: JsonObject | undefined;
  /** Variables given where the role is used, above all that a run learns. */
  readonly parameters: JsonObject;
  /** The role that includes this one or depends on it: its variables are seen here too, below the role's own. */
  readonly outer?: RoleScope | undefined;
  /** `arguments.yml`, or undefined. Checked by the engine once per host before the role's first task. */
  readonly argumentsSchema?: JsonSchema | undefined;
}
