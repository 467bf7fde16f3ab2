import type { HostSpec } from "../../contract/connection.ts";
import type { Place, Problem } from "../../contract/errors.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { Secret } from "../../contract/secret.ts";
import type { VariableLevel } from "../../expression/variable-levels.ts";
import type { Keyring } from "../../secrets/keyring.ts";
import type { Groups } from "../inventory/inventory-groups.ts";

/** A host as the inventory has it: what it is called, what is known about it, how to reach it. */
export interface InventoryHost {
  readonly name: string;
  readonly place: Place;
  readonly groups: readonly string[];
  /** Variables of `all`, its groups (parents first) and itself, merged, not yet rendered. */
  readonly variables: JsonObject;
  /** The same as they stand in the files, lowest first, with stars for what is secret: to tell where a value comes from. */
  readonly layers?: readonly InventoryLayer[] | undefined;
  /** How to reach it; `control` is always there with connection "local". */
  readonly spec: HostSpec;
  /** become, as the inventory sets it for the host. */
  readonly become: boolean;
  readonly becomeUser: string;
  readonly becomePassword?: Secret | undefined;
}

/** Variables from one place in the inventory's files. */
export interface InventoryLayer {
  readonly level: VariableLevel;
  /** The group or host that they are written for. */
  readonly from: string;
  readonly values: JsonObject;
}

/** All hosts and their groups. */
export interface Inventory {
  /** What was given as the inventory; several with commas between. */
  readonly file: string;
  readonly hosts: ReadonlyMap<string, InventoryHost>;
  /** Host names by group, in the order of the file; `all` is there (without `control`), `control` too. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** What it was read from, so that a run can add to it. */
  readonly source?: InventorySource | undefined;
  /** What is doubtful in it and does not stop a run. */
  readonly warnings?: readonly Problem[] | undefined;
}

/** What the files of an inventory say, before it is one. */
export interface InventorySource {
  readonly known: Groups;
  /** The directories of the inventories, whose `group_vars` and `host_vars` belong to them. */
  readonly directories: readonly string[];
  readonly playbookDirectory?: string | undefined;
  readonly extraVariables: JsonObject;
  readonly keyring: Keyring;
  /** Variables that a run gave to hosts (add_host): data. */
  readonly added?: ReadonlyMap<string, JsonObject> | undefined;
}
