import { createHash } from "node:crypto";
import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { longLookMs } from "../rsync-pull/source-check.ts";

/** Where the Maildirs lie, how their directories are named, and where is kept what was imported of them. */
export interface Places {
  /** The host that they are imported from; undefined where they are a copy on this one. */
  readonly from: string | undefined;
  readonly path: string;
  /** A user's directory below `path`, with %u, %n and %d. */
  readonly home: string;
  /** The Maildir in it. */
  readonly maildir: string;
  readonly id: string;
  /** Of each user whose import came through: `known/USER` tells what was imported. */
  readonly state: string;
}

export function placesOf(
  args: { readonly from?: string; readonly path: string; readonly home?: string; readonly maildir?: string },
  workPath: string,
): Places {
  const { from, path, home = "%d/%n", maildir = "Maildir" } = args;
  const words = [path, home, maildir, ...(from === undefined ? [] : [from])];
  const id = createHash("sha256").update(words.join("\0")).digest("hex").slice(0, 12);
  return { from, path, home, maildir, id, state: `${workPath}/dsync/${id}` };
}

/** A user's directory in the copy, relative to it. */
export function homeOf(user: string, { home }: Pick<Places, "home">): string {
  const [name = "", domain = ""] = user.split(/@(?=[^@]*$)/);
  const parts: Readonly<Record<string, string>> = { u: user, n: name, d: domain };
  return home.replaceAll(/%([und])/g, (_all, letter: string) => parts[letter] ?? "");
}

/**
 * Finds the directories of the copy whose content is not what it was at their users' last import, without reading a message:
 * by the times of `cur` and `new`, and the sizes and times of the files beside them. With `full` all count as changed.
 * Throws Refused for a copy that looks empty.
 */
export async function changedHomes(
  places: Places,
  full: boolean,
  host: HostReader,
): Promise<readonly string[]> {
  const { path, home, state } = places;
  const depth = home.split("/").length;
  const inner = inboxOf(places).split("/");
  const inbox = [".", ...Array<string>(depth).fill("*"), ...inner.map(literally)];
  const known = full ? "" : `${state}/known`;
  const words = [path, known, String(depth), String(inbox.length - 1), inbox.join("/"), `${state}/known`];
  const { exitCode, stdout } = await host.probe(["sh", "-c", changedScript, "sh", ...words], {
    accept: [0, noCopy],
    environment: { LC_ALL: "C" },
    timeoutMs: longLookMs,
  });
  if (exitCode === noCopy) throw looksEmpty(`${host.name} has no directory ${path}`, host);
  const [present = "", before = "", ...homes] = stdout.toString("utf8").split("\0");
  refuseShrunken(Number(present), Number(before), path, host);
  return homes.filter((found) => found !== "");
}

/** The directory of the inbox's messages, from a user's directory. */
export function inboxOf({ maildir }: Pick<Places, "maildir">): string {
  return maildir === "." ? "cur" : `${maildir}/cur`;
}

/** A name as find's -path takes it. */
function literally(name: string): string {
  return name.replaceAll(/[*?[\]\\]/g, "\\$&");
}

/** The exit code of a script that found no such directory. */
export const noCopy = 11;

/** Throws Refused where far fewer mailboxes are there than were imported before. */
export function refuseShrunken(present: number, before: number, path: string, host: HostReader): void {
  if (present > 0 && present >= before * 0.95 - usualDeletions) return;
  const what = `${path} holds ${present} mailboxes, and ${before} were imported from it before`;
  throw looksEmpty(`${what}: it looks empty or not mounted`, host);
}

/** In a small mail system a few users who left are more than a few percent. */
const usualDeletions = 5;

/** For Maildirs that are not where they should be. */
export function looksEmpty(what: string, { name }: HostReader): Refused {
  return new Refused(what, {
    host: name,
    next: "Look whether path, home and maildir say how the Maildirs lie; those of a copy are copied first (rsync_pull).",
  });
}

/**
 * A shell function: lists the directories that are its arguments. Messages are not listed: their coming, going and renaming
 * shows in the times of their directories. What Dovecot rebuilds does not count, nor does where it only locks.
 */
export const listFunction = String.raw`
list() {
  find "$@" -type d \( -name cur -o -name new \) -prune -printf '%p/ %T@\0' -o -type d -name tmp -prune -o \
    ! -type d ! -name 'dovecot.index*' ! -name 'dovecot.list.index*' ! -name dovecot.mailbox.log ! -name '*.lock' \
    ! -name maildirsize ! -name '*.svbin' -printf '%p/ %s %T@\0'
}`;

/**
 * Prints how many Maildirs there are, how many were imported, and the directories that differ, NUL after each. `$1` is the
 * copy, `$2` what was known of it (empty: nothing), `$3` how deep a user's directory lies, `$4` how deep its `cur`, `$5` how
 * the path to that looks, `$6` where the imported are counted. What is the same then and now comes twice.
 */
const changedScript = `${listFunction}${String.raw`
cd -- "$1" 2>/dev/null || exit ${noCopy}
printf '%s\0' "$(find . -mindepth "$4" -maxdepth "$4" -type d -path "$5" -printf . | wc -c)"
printf '%s\0' "$(find "$6" -type f -printf . 2>/dev/null | wc -c)"
{
  list . -mindepth "$(($3 + 1))"
  [ -z "$2" ] || [ ! -d "$2" ] || find "$2" -type f -exec cat {} +
} | sort -z | uniq -zu | cut -z -d / -f "2-$(($3 + 1))" | uniq -z`}`;
