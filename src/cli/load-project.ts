import { dirname, resolve } from "node:path";
import type { ControlReader } from "../contract/control-reader.ts";
import { BadInput, type Problem } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import { loadInventory } from "../language/inventory/load-inventory.ts";
import { loadPlaybook } from "../language/load-playbook.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { Playbook } from "../language/model/playbook.ts";
import { moduleRegistry } from "../modules/registry.ts";
import type { Keyring } from "../secrets/keyring.ts";
import type { CommandContext } from "./context.ts";
import { readExtraVariables } from "./extra-variables.ts";
import { findPlaybook, roleDirectories } from "./find-playbook.ts";
import { keyringOf } from "./keys.ts";
import { describeMigration, type Migration } from "./migration.ts";
import type { MigrationOptions } from "./options.ts";
import { problemText } from "./print-failure.ts";
import { readControl } from "./read-control.ts";

/** The files of a migration as models, its name, and the variables of `-e`. */
export interface Project {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly migration: Migration;
  readonly extraVariables: JsonObject;
  /** What opens encrypted files and values. */
  readonly keyring: Keyring;
  /** Reads the inventory's files anew. */
  reloadInventory(): Promise<Inventory>;
  /** What templates may look up on this machine. */
  readonly control: ControlReader;
}

/**
 * Loads the inventory and the playbook with its roles; the inventory's secrets are masked from then on.
 * Warnings go to standard error. Throws BadInput with the problems of both files.
 */
export async function loadProject(
  playbookGiven: string,
  options: MigrationOptions,
  context: CommandContext,
): Promise<Project> {
  const { cwd } = context.surroundings;
  const playbookFile = findPlaybook(playbookGiven, cwd);
  const inventoryFiles = options.inventory.map((given) => resolve(cwd, given));
  const keyring = keyringOf(options, context);
  const extraVariables = await readExtraVariables(options.extraVars, cwd, keyring);

  const readInventory = () =>
    loadInventory(inventoryFiles, { extraVariables, playbookDirectory: dirname(playbookFile), keyring });

  const problems: Problem[] = [];
  const inventory = await gathering(problems, readInventory);
  if (inventory !== undefined) registerSecrets(inventory, context);
  const loadedPlaybook = await gathering(problems, () =>
    loadPlaybook(playbookFile, {
      modules: moduleRegistry,
      roleDirectories: roleDirectories(playbookFile, cwd),
      inventory,
      extraVariables: Object.keys(extraVariables),
      keyring,
    }),
  );
  if (inventory === undefined || loadedPlaybook === undefined) throw new BadInput(problems);
  const warnings = [...(inventory.warnings ?? []), ...loadedPlaybook.warnings];
  if (warnings.length > 0) context.err(context.redactor.clean(problemText(warnings, cwd)));
  return {
    playbook: loadedPlaybook.playbook,
    inventory,
    migration: describeMigration(playbookFile, inventoryFiles, options, cwd),
    extraVariables,
    keyring,
    async reloadInventory() {
      const again = await readInventory();
      registerSecrets(again, context);
      return again;
    },
    control: readControl(playbookFile, context),
  };
}

/** The result of a loader, or undefined with its problems put to the others: both files are told of at once. */
async function gathering<T>(problems: Problem[], load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** The inventory's secrets are masked from then on. */
export function registerSecrets(inventory: Inventory, { redactor }: CommandContext): void {
  for (const { spec, becomePassword } of inventory.hosts.values()) {
    for (const secret of [spec.password, spec.keyPassphrase, becomePassword]) {
      if (secret !== undefined) redactor.register(secret);
    }
  }
}
