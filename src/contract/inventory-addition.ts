import type { JsonObject } from "./json.ts";

/** What a module adds to the inventory of the run (add_host, group_by). The files stay as they are. */
export type InventoryAddition = HostAddition | GroupAddition;

/** A host that is new, or gets more groups and variables. */
export interface HostAddition {
  readonly kind: "host";
  readonly name: string;
  readonly groups: readonly string[];
  /** Data, never rendered; those that say how to reach the host do so. */
  readonly variables: JsonObject;
}

/** A group that the task's own host gets into. */
export interface GroupAddition {
  readonly kind: "group";
  readonly group: string;
  readonly parents: readonly string[];
}
