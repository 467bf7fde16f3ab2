import type { ModuleRegistry } from "../contract/module.ts";
import type { Keyring } from "../secrets/keyring.ts";
import type { Inventory } from "./model/inventory.ts";

/** What a playbook is read with. */
export interface PlaybookContext {
  readonly modules: ModuleRegistry;
  /** Where roles are looked for, in this order. */
  readonly roleDirectories: readonly string[];
  /** With it, names of hosts, groups and variables are checked too. */
  readonly inventory?: Inventory | undefined;
  /** Names of the variables given on the command line. */
  readonly extraVariables?: readonly string[] | undefined;
  /** What opens encrypted files and values. */
  readonly keyring?: Keyring | undefined;
}
