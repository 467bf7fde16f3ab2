import { resolve } from "node:path";
import type { Inventory, Playbook } from "../language/model.ts";
import type { CommandContext } from "./context.ts";
import { findPlaybook, roleDirectories } from "./find-playbook.ts";
import { describeMigration, type Migration } from "./migration.ts";
import type { MigrationOptions } from "./options.ts";
import { problemText } from "./print-failure.ts";

/** The files of a migration as models, and its name. */
export interface Project {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly migration: Migration;
}

/**
 * Loads the playbook with its roles, and the inventory; the inventory's secrets are masked from then on.
 * Warnings go to standard error. Throws BadInput with the problems of both.
 */
export async function loadProject(
  playbookGiven: string,
  options: MigrationOptions,
  context: CommandContext,
): Promise<Project> {
  const { cwd } = context.surroundings;
  const playbookFile = findPlaybook(playbookGiven, cwd);
  const inventoryFile = resolve(cwd, options.inventory);
  const { inventory, playbook } = await loadBoth(playbookFile, inventoryFile, cwd, context);
  registerSecrets(inventory, context);
  return { playbook, inventory, migration: describeMigration(playbookFile, inventoryFile, options, cwd) };
}

function registerSecrets(inventory: Inventory, { redactor }: CommandContext): void {
  for (const { spec, becomePassword } of inventory.hosts.values()) {
    for (const secret of [spec.password, spec.keyPassphrase, becomePassword]) {
      if (secret !== undefined) redactor.register(secret);
    }
  }
}
