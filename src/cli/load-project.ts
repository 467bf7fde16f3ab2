import { resolve } from "node:path";
import { BadInput, type Problem } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import { loadInventory } from "../language/load-inventory.ts";
import { loadPlaybook } from "../language/load-playbook.ts";
import type { Inventory, Playbook } from "../language/model.ts";
import { moduleRegistry } from "../modules/registry.ts";
import type { CommandContext } from "./context.ts";
import { readExtraVariables } from "./extra-variables.ts";
import { findPlaybook, roleDirectories } from "./find-playbook.ts";
import { describeMigration, type Migration } from "./migration.ts";
import type { MigrationOptions } from "./options.ts";
import { problemText } from "./print-failure.ts";

/** The files of a migration as models, its name, and the variables of `-e`. */
export interface Project {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly migration: Migration;
  readonly extraVariables: JsonObject;
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
  const inventoryFile = resolve(cwd, options.inventory);
  const extraVariables = await readExtraVariables(options.extraVars, cwd);

  const problems: Problem[] = [];
  const inventory = await gathering(problems, () => loadInventory(inventoryFile, { extraVariables }));
  if (inventory !== undefined) registerSecrets(inventory, context);
  const loadedPlaybook = await gathering(problems, () =>
    loadPlaybook(playbookFile, {
      modules: moduleRegistry,
      roleDirectories: roleDirectories(playbookFile, cwd),
      inventory,
      extraVariables: Object.keys(extraVariables),
    }),
  );
  if (inventory === undefined || loadedPlaybook === undefined) throw new BadInput(problems);
  const warnings = [...(inventory.warnings ?? []), ...loadedPlaybook.warnings];
  if (warnings.length > 0) context.err(context.redactor.clean(problemText(warnings, cwd)));
  return {
    playbook: loadedPlaybook.playbook,
    inventory,
    migration: describeMigration(playbookFile, inventoryFile, options, cwd),
    extraVariables,
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

function registerSecrets(inventory: Inventory, { redactor }: CommandContext): void {
  for (const { spec, becomePassword } of inventory.hosts.values()) {
    for (const secret of [spec.password, spec.keyPassphrase, becomePassword]) {
      if (secret !== undefined) redactor.register(secret);
    }
  }
}
