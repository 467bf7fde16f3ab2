import { createHash } from "node:crypto";
import { CommandFailed } from "../../contract/errors.ts";
import type { CommandResult, HostReader } from "../../contract/host.ts";
import { longOutput } from "../long-output.ts";
import { longLookMs } from "../rsync-pull/source-check.ts";
import { inboxOf, listFunction, looksEmpty, noCopy, type Places, refuseShrunken } from "./user-homes.ts";

/** A user's directory on the source, and what it was like when it was looked at. */
export interface SourceHome {
  /** Relative to the mail root. */
  readonly home: string;
  /** Another one whenever the mail, or a file beside it, is another. */
  readonly sum: string;
}

/**
 * Finds the directories of the source's mail root whose content is not what it was before their users' last import, by the
 * same signs as in a copy. With `full` all count as changed. Throws Refused for a mail root that looks empty.
 */
export async function changedAtSource(
  places: Places,
  full: boolean,
  source: HostReader,
  host: HostReader,
): Promise<readonly SourceHome[]> {
  const [present, known] = await Promise.all([homesAt(places, source), knownOf(places, host)]);
  refuseShrunken(present.length, known.size, places.path, source);
  return full ? present : present.filter((found) => !known.has(noteOf(found)));
}

/** What is noted of a user whose import came through; `SUM HOME`. */
function noteOf({ home, sum }: SourceHome): string {
  return `${sum} ${home}`;
}

/** Those in which the Maildir lies. */
async function homesAt(places: Places, source: HostReader): Promise<SourceHome[]> {
  const depth = places.home.split("/").length;
  const output = longOutput(source.name);
  const argv = ["sh", "-c", listScript, "sh", places.path, String(depth + 1)];
  const result = await source.probe(argv, {
    accept: [0, partlyUnread, noCopy],
    environment: { LC_ALL: "C" },
    timeoutMs: longLookMs,
    onStdout: output.take,
  });
  if (result.exitCode === noCopy) throw looksEmpty(`${source.name} has no directory ${places.path}`, source);
  if (result.exitCode === partlyUnread) refuseUnread(argv, result, source.name);
  const entries = new Map<string, string[]>();
  for (const entry of output.whole().toString("utf8").split("\0").slice(0, -1)) {
    const home = entry
      .split("/", depth + 1)
      .slice(1)
      .join("/");
    const others = entries.get(home);
    if (others === undefined) entries.set(home, [entry]);
    else others.push(entry);
  }
  const inbox = inboxOf(places);
  return [...entries]
    .filter(([home, listed]) => listed.some((entry) => entry.startsWith(`./${home}/${inbox}/ `)))
    .map(([home, listed]) => ({ home, sum: sumOf(listed) }));
}

/** find's exit code where it could not look at something. */
const partlyUnread = 1;

/** What went away between two looks, where users are at work, is no error: the next pass finds it changed. */
function refuseUnread(argv: readonly string[], result: CommandResult, host: string): void {
  const lines = result.stderr.toString("latin1").trimEnd().split("\n");
  if (!lines.every((line) => line.endsWith(": No such file or directory"))) {
    throw new CommandFailed(argv, result, { host });
  }
}

function sumOf(entries: readonly string[]): string {
  return createHash("sha256").update(entries.toSorted().join("\0")).digest("hex");
}

async function knownOf({ state }: Places, host: HostReader): Promise<ReadonlySet<string>> {
  const output = longOutput(host.name);
  await host.probe(["sh", "-c", knownScript, "sh", `${state}/known`], { onStdout: output.take });
  return new Set(output.whole().toString("utf8").split("\0").slice(0, -1));
}

/** `$1` is the mail root, `$2` how deep what lies in a user's directory is. */
const listScript = `${listFunction}
cd -- "$1" 2>/dev/null || exit ${noCopy}
list . -mindepth "$2"`;

const knownScript = '[ ! -d "$1" ] || find "$1" -type f -exec cat {} +';
