import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";

/** A user as far as its own files are concerned. */
export interface LoginAccount {
  readonly user: string;
  /** The name of the primary group. */
  readonly group: string;
  readonly home: string;
}

/** Looks a user up; undefined when there is none of that name. Without a name it is the task's user. */
export async function findLoginAccount(
  user: string | undefined,
  host: HostReader,
): Promise<LoginAccount | undefined> {
  const name = user ?? host.facts.user;
  const { stdout } = await host.probe(["/bin/sh", "-c", loginAccountScript, "sh", name]);
  const [passwd = "", group = ""] = stdout.toString("utf8").split("\n");
  const fields = passwd.split(":");
  // A name that is a number finds the user with that number.
  if (fields[0] !== name) return undefined;
  return { user: name, group, home: fields[5] ?? "/" };
}

/** The same, for a user that must be there. Throws a Failure. */
export async function requireLoginAccount(user: string | undefined, host: HostReader): Promise<LoginAccount> {
  const found = await findLoginAccount(user, host);
  if (found !== undefined) return found;
  throw new Failure("task-failed", `there is no user ${user ?? host.facts.user}`, {
    host: host.name,
    next: "Make it by a task with `user` before this one.",
  });
}

/** Prints the user's line of passwd and the name of its primary group. */
const loginAccountScript = `getent passwd -- "$1" || exit 0; id -gn -- "$1"`;
