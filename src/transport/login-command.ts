import type { Become } from "../contract/connection.ts";
import { Failure } from "../contract/errors.ts";
import { tellFunction } from "./command-script.ts";

/** Random words by which a shell and its user know each other. */
export interface LoginMarks {
  /** Stands at the beginning of the shell's own output. */
  readonly ready: string;
  /** sudo's question for the password. */
  readonly prompt: string;
  /** Begins the line before a script, which says how many lines it has. */
  readonly fence: string;
}

export interface LoginCommand {
  readonly line: string;
  /** How the other user is become; undefined for the login user itself. */
  readonly through: "sudo" | "runuser" | undefined;
}

/**
 * The line given to a host's login shell. It is the same for every command and holds neither a backslash before
 * a quote nor a quote in quotes nor an exclamation mark, so that bash, fish, csh and what else people log in with read it alike: it only
 * starts /bin/sh, which then reads its scripts from standard input.
 */
export function loginCommand(
  loginUser: string | undefined,
  become: Become | undefined,
  marks: LoginMarks,
): LoginCommand {
  const shell = readScripts(marks);
  if (become === undefined || become.user === loginUser) {
    return { line: `exec /bin/sh -c '${shell}'`, through: undefined };
  }
  if (!userName.test(become.user)) {
    throw new Failure("bad-input", `${JSON.stringify(become.user)} can't be a user's name`);
  }
  if (loginUser === "root") {
    return { line: `exec runuser -s /bin/sh -c '${shell}' ${become.user}`, through: "runuser" };
  }
  const asking = become.password === undefined ? "-n" : `-S -p ${marks.prompt}`;
  return {
    line: `exec sudo ${asking} -H -u ${become.user} -- /bin/sh -c '${shell}'`,
    through: "sudo",
  };
}

/**
 * Says it is ready (with its process id on standard output), then runs script after script. Each comes behind a line of
 * the fence and the number of its lines, for the shell reads byte by byte, and each costs a call of the system; one that is cut
 * short by a lost link is never run, nor is anything else that comes in. No single quote may stand in here.
 */
function readScripts({ ready, fence }: LoginMarks): string {
  return [
    "export LC_ALL=C.UTF-8 PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin",
    "unset LANGUAGE CDPATH",
    // A line end: IFS is a space, a tab and this one, whatever the environment says.
    "n=${IFS#??}",
    tellFunction,
    `echo ${ready}$$`,
    `echo ${ready} >&2`,
    [
      `while IFS= read -r l; do case $l in ${fence}*) s= i=\${l#*:} ;; *) exit 0 ;; esac`,
      "while [ $i -gt 0 ]; do IFS= read -r l || exit 0; s=$s$l$n i=$((i - 1)); done",
      `eval "$s"`,
      "done",
    ].join("; "),
  ].join("; ");
}

const userName = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;
