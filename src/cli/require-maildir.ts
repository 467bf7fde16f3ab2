import { Failure } from "../contract/errors.ts";
import { tasksIn } from "../language/checks/known-names.ts";
import type { Playbook } from "../language/model/playbook.ts";
import { type MaildirOptions, maildirWords } from "./maildir-options.ts";

/** Refuses options of the role maildir for a playbook that does not use it: they would do nothing, and look as if they did. */
export function requireMaildir({ stages }: Playbook, options: MaildirOptions): void {
  const plays = stages.flatMap(({ plays, rollback }) => [...plays, ...rollback]);
  const tasks = plays.flatMap(({ tasks }) => tasks.flatMap(tasksIn));
  for (const { option, variable, says, instead } of maildirWords(options)) {
    if (tasks.some(({ role }) => role !== undefined && variable in role.defaults)) continue;
    throw new Failure("bad-input", `${option} says ${says}, and this playbook does not use it`, {
      next: `Leave it out; ${instead}.`,
    });
  }
}
