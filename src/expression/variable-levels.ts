import type { JsonObject } from "../contract/json.ts";
import type { VariableLayer } from "./variables.ts";

/** One level of variables: what stands there, and whether its texts are templates. */
interface LevelWords {
  readonly name: string;
  /** Where a person writes them, or who sets them. */
  readonly setBy: string;
  /** false: data from hosts and people, never rendered. */
  readonly rendered: boolean;
}

/**
 * All levels of variables, lowest first: a later one wins. The one order for the whole of Mailferry (docs/variables.md);
 * it is Ansible's wherever Ansible has the level.
 */
export const variableLevels = [
  { name: "role defaults", setBy: "`roles/ROLE/defaults/main.yml`", rendered: true },
  { name: "inventory group vars", setBy: "`vars` of groups in the inventory", rendered: true },
  { name: "inventory group_vars/all", setBy: "`group_vars/all` beside the inventory", rendered: true },
  { name: "playbook group_vars/all", setBy: "`group_vars/all` beside the playbook", rendered: true },
  { name: "inventory group_vars/*", setBy: "`group_vars/GROUP` beside the inventory", rendered: true },
  { name: "playbook group_vars/*", setBy: "`group_vars/GROUP` beside the playbook", rendered: true },
  { name: "inventory host vars", setBy: "a host in the inventory", rendered: true },
  { name: "inventory host_vars/*", setBy: "`host_vars/HOST` beside the inventory", rendered: true },
  { name: "playbook host_vars/*", setBy: "`host_vars/HOST` beside the playbook", rendered: true },
  { name: "add_host", setBy: "`add_host`", rendered: false },
  { name: "facts", setBy: "what was found out about the host (`facts`)", rendered: false },
  { name: "playbook vars", setBy: "`vars` of a playbook with stages", rendered: true },
  { name: "play vars", setBy: "`vars` of a play", rendered: true },
  { name: "vars_prompt", setBy: "`vars_prompt` of a play", rendered: false },
  { name: "vars_files", setBy: "`vars_files` of a play", rendered: true },
  { name: "role entry vars", setBy: "`vars` of a role in `roles:`", rendered: true },
  { name: "role vars", setBy: "`roles/ROLE/vars/main.yml`", rendered: true },
  {
    name: "block and task vars",
    setBy: "`vars` of blocks (outermost first) and of the task",
    rendered: true,
  },
  { name: "include_vars", setBy: "`include_vars`", rendered: true },
  { name: "set_fact and register", setBy: "`set_fact` and `register`", rendered: false },
  {
    name: "role parameters",
    setBy: "other words of a role in `roles:`; `vars` inside of `include_role` and `import_role`",
    rendered: true,
  },
  {
    name: "include parameters",
    setBy: "`vars` beside `include_tasks` and `include_role`",
    rendered: true,
  },
  { name: "extra vars", setBy: "`-e`", rendered: false },
  {
    name: "magic",
    setBy: "Mailferry itself (`inventory_hostname`, `hostvars`, `latches`, …)",
    rendered: false,
  },
  { name: "item and result", setBy: "the item of a loop, the result that is judged", rendered: false },
] as const satisfies readonly LevelWords[];

/** The name of a level. */
export type VariableLevel = (typeof variableLevels)[number]["name"];

/** What stands on each level; several values on one level are in order, the last one winning. */
export type ValuesByLevel = Readonly<
  Partial<Record<VariableLevel, JsonObject | readonly JsonObject[] | undefined>>
>;

/** The values of all levels as layers in the one order. */
export function layersInOrder(given: ValuesByLevel): VariableLayer[] {
  return variableLevels.flatMap(({ name, rendered }) =>
    valuesOn(given[name]).map((values) => ({ name, values, literal: !rendered })),
  );
}

function valuesOn(given: JsonObject | readonly JsonObject[] | undefined): readonly JsonObject[] {
  if (given === undefined) return [];
  return isSeveral(given) ? given : [given];
}

function isSeveral(given: JsonObject | readonly JsonObject[]): given is readonly JsonObject[] {
  return Array.isArray(given);
}
