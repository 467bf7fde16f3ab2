import { Failure } from "../contract/errors.ts";
import { tasksIn } from "../language/checks/known-names.ts";
import type { Playbook } from "../language/model/playbook.ts";
import { type HashedMessages, hashVariableName } from "./hash-option.ts";

/** Refuses `--hash` for a playbook whose roles take no ledgers with hashes: it would do nothing, and look as if it did. */
export function requireHashes({ stages }: Playbook, hash: HashedMessages | undefined): void {
  if (hash === undefined) return;
  const plays = stages.flatMap(({ plays, rollback }) => [...plays, ...rollback]);
  const tasks = plays.flatMap(({ tasks }) => tasks.flatMap(tasksIn));
  if (tasks.some(({ role }) => role !== undefined && hashVariableName in role.defaults)) return;
  throw new Failure(
    "bad-input",
    "--hash says what the role maildir hashes, and this playbook does not use it",
    {
      next: "Leave it out; a task `mail_ledger` of your own takes `hash`.",
    },
  );
}
