import { CommandFailed, Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";

/** A user's crontab as text, empty when there is none; where the user may be missing, also when it is. */
export async function readCrontab(
  user: string | undefined,
  host: HostReader,
  mayBeMissing: boolean,
): Promise<string> {
  const argv = ["crontab", ...userWords(user, host), "-l"];
  const result = await host.probe(argv, { accept: "any", environment: { LC_ALL: "C" } });
  if (result.exitCode === 0) return result.stdout.toString("utf8");
  const told = result.stderr.toString("utf8");
  if (/no crontab for/.test(told) || (mayBeMissing && /unknown/.test(told))) return "";
  if (result.exitCode !== 127) throw new CommandFailed(argv, result, { host: host.name });
  throw new Failure("task-failed", `${host.name} has no crontab: cron is not installed`, {
    host: host.name,
    next: "Install it by a task before this one: `apt: { name: cron }`.",
  });
}

/** Replaces a user's crontab. An empty one is removed. cron itself looks whether it can be understood. */
export async function writeCrontab(
  user: string | undefined,
  text: string,
  host: HostWriter,
  signal: AbortSignal,
): Promise<void> {
  const words = userWords(user, host);
  if (text === "") await host.run(["crontab", ...words, "-r"], { signal });
  else await host.run(["crontab", ...words, "-"], { stdin: text, signal });
}

/** Keeps a crontab as it was in a file that only its reader may read, and names the file. */
export async function keepCrontab(text: string, host: HostWriter): Promise<string> {
  const made = await host.run(["mktemp", "/var/tmp/crontab-XXXXXXXXXX"]);
  const path = made.stdout.toString("utf8").trim();
  await host.writeFile(path, text, { mode: "0600" });
  return path;
}

/** Only root may name a user, and nobody has to name itself. */
function userWords(user: string | undefined, host: HostReader): string[] {
  return user === undefined || user === host.facts.user ? [] : ["-u", user];
}
