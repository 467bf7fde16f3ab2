import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";

/** What became of one user in a job that asks doveadm for each. */
export interface UserResult {
  readonly user: string;
  /** doveadm's exit code; `none`: there was nothing to do. */
  readonly code: number | "none";
  /** What doveadm said, in one line. */
  readonly said: string;
}

/** Reads a line of a job; undefined for one that tells of no user. */
export function readUserResult(line: string): UserResult | undefined {
  const [, code, user, said] = /^mailferry: ([0-9]+|none)\t([^\t]*)\t(.*)$/.exec(line) ?? [];
  if (code === undefined || user === undefined) return undefined;
  return { user, code: code === "none" ? code : Number(code), said: said ?? "" };
}

/** A job that asks doveadm for each of many users, several at once. */
export interface EachUserJob {
  readonly name: string;
  /** Begins with `eachUserBegin`: its first word is how many at once. */
  readonly script: string;
  /** Users at once; 0: as many as there are processors. */
  readonly parallel: number;
  /** The script's further words. */
  readonly words: readonly string[];
  /** What it is told of each user, the name first. */
  readonly users: readonly (readonly string[])[];
}

export interface EachUserOutcome {
  /** Of users whose turn came to its end. */
  readonly results: readonly UserResult[];
  readonly exitCode: number;
  readonly stderr: string;
}

/** Runs a job that outlives the connection, and tells how far it is. */
export async function runForEachUser(
  { name, script, parallel, words, users }: EachUserJob,
  host: HostWriter,
  { progress }: Pick<ApplyContext, "progress">,
): Promise<EachUserOutcome> {
  const results: UserResult[] = [];
  const { exitCode, stderr } = await host.runJob({
    name,
    argv: ["sh", "-c", script, "sh", String(parallel), ...words],
    stdin: Buffer.from(users.map((user) => `${user.join("\0")}\0`).join("")),
    environment: { LC_ALL: "C" },
    accept: "any",
    onLine: (line) => {
      const result = readUserResult(line);
      if (result === undefined) return;
      results.push(result);
      progress({ doneItems: results.length, totalItems: users.length, unit: "users" });
    },
  });
  return { results, exitCode, stderr: stderr.toString("utf8") };
}

/** The exit code of a job that found another one of its kind at work. */
export const underWay = 75;

/** How such a job's script begins: `$at_once` is taken from its words, `take_turn DIRECTORY` waits for another one that keeps its notes there. */
export const eachUserBegin = `
at_once=$1
shift
[ "$at_once" -gt 0 ] || at_once=$(nproc)
take_turn() {
  mkdir -p -m 0700 -- "$1" && exec 9>"$1/lock" || exit 12
  flock -w 30 9 || exit ${underWay}
}`;

/**
 * Shell functions for one user's turn; they want `$user` and `$config`, Dovecot's configuration (empty: its own). `ask` gives all that
 * doveadm says, `answer` its answer without the warnings that stand beside it; `find_home` finds `$home_here`, where the user's home is on this host. `tell CODE SAID`
 * prints a line for `readUserResult` and ends the turn, as a name does that can't stand in a path.
 */
export const eachUserFunctions = String.raw`
answer() { doveadm ${"$"}{config:+-c "$config"} "$@" 2>/dev/null; }
ask() { doveadm ${"$"}{config:+-c "$config"} "$@" 2>&1; }
tell() {
  lines=$(printf "%s\n" "$2" | tr "\t" " ")
  said=$(printf "%s\n" "$lines" | grep -E "Error|Fatal|Panic" | head -n 1 | cut -c 1-600)
  [ -n "$said" ] || said=$(printf "%s\n" "$lines" | tail -n 1 | cut -c 1-600)
  printf "mailferry: %s\t%s\t%s\n" "$1" "$user" "$said"
  exit 0
}
find_home() {
  home_here=$(answer user -f home -- "$user") || home_here=
  case $home_here in /*) ;; *) tell 1 "Error: no home: $(ask user -f home -- "$user")" ;; esac
}
case $user in */* | .*) tell 1 "Error: no user whose name may stand in a path" ;; esac`;
