import { CommandFailed } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import type { Account } from "./accounts.ts";

/**
 * Makes a user and gives it its password, with a note on the host meanwhile. They are two commands, since a hash stands
 * in no argv; what is killed between them leaves the note, and the next run sets the password.
 */
export async function withPasswordNote(
  name: string,
  host: HostWriter,
  context: ApplyContext,
  work: () => Promise<void>,
): Promise<void> {
  const note = noteOf(name, await context.workDirectory(host));
  await host.writeFile(note, "", { mode: "0600" });
  try {
    await work();
  } catch (error) {
    // A user that could not be made is owed nothing; where it is not known, the note stays.
    if (error instanceof CommandFailed && error.argv[0] === "useradd")
      await host.run(["rm", "-f", "--", note]);
    throw error;
  }
  await host.run(["rm", "-f", "--", note]);
}

/** True for a user that was made and did not get its password; one that somebody has given a password since is left alone. */
export async function isPasswordOwed(user: Account, workPath: string, host: HostReader): Promise<boolean> {
  if (!/^[!*]+$/.test(user.passwordHash)) return false;
  return (await host.stat(noteOf(user.name, workPath))) !== undefined;
}

function noteOf(name: string, directory: string): string {
  return `${directory}/user-${name}-owed-password`;
}
