import { loadPlaybook } from "../language/load-playbook.ts";
import { moduleRegistry } from "../modules/registry.ts";
import type { CommandContext } from "./context.ts";
import { readExtraVariables } from "./extra-variables.ts";
import { findPlaybook, roleDirectories } from "./find-playbook.ts";
import { keyringOf } from "./keys.ts";
import type { RunOptions } from "./options.ts";
import { problemText } from "./print-failure.ts";

/** `--syntax-check`: the playbook with its roles and included files, without any inventory. Throws BadInput. */
export async function checkSyntax(
  playbookGiven: string,
  options: RunOptions,
  context: CommandContext,
): Promise<number> {
  const { cwd } = context.surroundings;
  const file = findPlaybook(playbookGiven, cwd);
  const keyring = keyringOf(options, context);
  const extraVariables = await readExtraVariables(options.extraVars, cwd, keyring);
  const { warnings } = await loadPlaybook(file, {
    modules: moduleRegistry,
    roleDirectories: roleDirectories(file, cwd),
    extraVariables: Object.keys(extraVariables),
    keyring,
  });
  if (warnings.length > 0) context.err(context.redactor.clean(problemText(warnings, cwd)));
  context.out(`${file} is in order.\n`);
  return 0;
}
