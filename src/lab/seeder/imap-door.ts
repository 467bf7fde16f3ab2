import type { ImapAction } from "./imap-actions.ts";
import { failedCommands, imapScript } from "./imap-script.ts";
import { type SeedTarget, shell } from "./target.ts";

/** Performs the actions in one session of the host's own IMAP server, logged in as the user. Throws when one is refused. */
export async function performByImap(
  target: SeedTarget,
  user: string,
  actions: readonly ImapAction[],
): Promise<void> {
  const script = imapScript(actions);
  // Without `cat` its output would be a socket of ours, and it would take itself for a service of inetd.
  const output = await target.run(shell('doveadm exec imap -u "$1" | cat', user), { stdin: script.input });
  const failed = failedCommands(script, output);
  if (failed.length > 0) throw new Error(`IMAP as ${user}: ${failed.slice(0, 5).join("; ")}`);
}
