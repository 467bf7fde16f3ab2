import { posix } from "node:path";
import { Refused } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import { holdsMailPlace, isMailPath, mailDirectoriesIn } from "../contract/mail-places.ts";
import type { Touch } from "../contract/touch.ts";
import type { TaskAt } from "./context.ts";
import type { RunScope } from "./scope.ts";
import { openedRootsOf } from "./waves.ts";

/** Why mail on a host is not to be touched by now. */
interface Ban {
  readonly why: string;
  readonly next: string;
}

/**
 * Throws Refused for a change that would write over, remove or cover mail: on new once it may have taken some, on old
 * until new was seen to answer, and again while new's mail is brought back. Every change of every module comes by here before it is applied. `touches` is asked only
 * when there is something to guard.
 */
export async function guardMail(
  scope: RunScope,
  { variables }: TaskAt,
  host: HostReader,
  touches: () => readonly Touch[] | Promise<readonly Touch[]>,
): Promise<void> {
  const ban = banOn(scope, host.name);
  const theirs = rootsOfOthers(scope, host.name);
  if (ban === undefined && theirs.length === 0) return;
  const told = touches();
  const touched = told instanceof Promise ? await told : told;
  if (touched.length === 0) return;
  if (ban !== undefined) {
    const what = await firstOfMail(touched, mailDirectoriesIn(variables), host);
    if (what !== undefined) throw new Refused(`${what}: ${ban.why}`, { host: host.name, next: ban.next });
  }
  if (theirs.length > 0) await refuseTheirs(touched, theirs, host);
}

/** The mail on new of waves that were opened, whoever asks: the domains of this run's own latches are not among them. */
function rootsOfOthers(scope: RunScope, host: string): readonly string[] {
  if (!scope.inventory.current().groups.get("new")?.includes(host)) return [];
  return openedRootsOf(scope.otherWaves());
}

async function refuseTheirs(
  touched: readonly Touch[],
  roots: readonly string[],
  host: HostReader,
): Promise<void> {
  const paths = touched.filter((touch) => "path" in touch);
  const real = await realPaths(paths, host);
  const places = [...roots, ...(await resolved(roots, host)).values()];
  for (const touch of paths) {
    const ways = [posix.normalize(touch.path), ...(real.get(touch) ?? [])];
    const met = places.find((place) =>
      ways.some((way) => isWithin(way, place) || (touch.how !== "write" && isWithin(place, way))),
    );
    if (met === undefined) continue;
    throw new Refused(`${ways[0]} is mail in ${met}, or holds it: that domain was opened on new already`, {
      host: host.name,
      next: "Leave what moved by itself (--domains) alone; only what is not opened yet is copied.",
    });
  }
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === "/" ? outer : `${outer}/`);
}

/** The journal knows every latch that a host knows: `runStage` saw to that when it had the locks of both sides. */
function banOn({ inventory, record, request }: RunScope, host: string): Ban | undefined {
  const { groups } = inventory.current();
  const { latches } = record.state();
  const opened = latches["new-opened"];
  const back = latches["new-frozen"];
  if (groups.get("old")?.includes(host) && request.wave !== undefined) {
    return {
      why: "old still serves the domains that have not moved, and a wave never touches mail there",
      next: "Leave the mail of the old server as it is.",
    };
  }
  if (groups.get("old")?.includes(host) && latches["new-serving"] === undefined) {
    return {
      why: "nothing of the old server's mail is touched before the new one was seen to answer",
      next: "Leave the mail of the old server as it is. For what is to be done behind the move, write `when: latches.new_serving`.",
    };
  }
  if (groups.get("old")?.includes(host) && back !== undefined) {
    return {
      why: `what new took is brought back to old since ${back}, and until that is done only the merge writes there`,
      next: "Run the way back to its end first; `mail_merge` adds what old lacks.",
    };
  }
  if (!groups.get("new")?.includes(host) || opened === undefined) return undefined;
  return {
    why: `new was opened at ${opened}: it may have mail that is nowhere else`,
    next: 'Do it before new is opened (`when: "!latches.new_opened"`), or by hand on the host when you know what lies there.',
  };
}

async function firstOfMail(
  touches: readonly Touch[],
  places: readonly string[],
  host: HostReader,
): Promise<string | undefined> {
  const deletion = touches.find((touch) => "deletion" in touch);
  if (deletion !== undefined) return `\`${deletion.deletion}\` deletes messages`;
  const paths = touches.filter((touch) => "path" in touch);
  const real = await realPaths(paths, host);
  for (const touch of paths) {
    const ways = [posix.normalize(touch.path), ...(real.get(touch) ?? [])];
    const told = await mailOf(touch.how, ways, places, host);
    if (told !== undefined) return told;
  }
  return undefined;
}

type PathTouch = Extract<Touch, { readonly path: string }>;

/** Where each path leads. What is removed is a link itself, not what it points to. */
async function realPaths(
  touches: readonly PathTouch[],
  host: HostReader,
): Promise<ReadonlyMap<PathTouch, readonly string[]>> {
  const asked = touches.map(({ path, how }) => (how === "remove" ? posix.dirname(path) : path));
  const ways = await resolved(
    [...new Set([...asked, ...touches.map(({ path }) => posix.dirname(path))])],
    host,
  );
  return new Map(
    touches.map((touch) => {
      const parent = ways.get(posix.dirname(touch.path));
      const there = parent === undefined ? [] : [posix.join(parent, posix.basename(touch.path))];
      const end = touch.how === "remove" ? undefined : ways.get(touch.path);
      return [touch, end === undefined ? there : [...there, end]];
    }),
  );
}

async function resolved(paths: readonly string[], host: HostReader): Promise<Map<string, string>> {
  const ways = new Map<string, string>();
  for (let at = 0; at < paths.length; at += pathsAtOnce) {
    const some = paths.slice(at, at + pathsAtOnce);
    const { stdout } = await host.probe(["readlink", "-m", "-z", "--", ...some]);
    const ends = stdout.toString("utf8").split("\0");
    for (const [index, path] of some.entries()) ways.set(path, ends[index] ?? path);
  }
  return ways;
}

/** A command line holds so many paths of the longest kind. */
const pathsAtOnce = 400;

async function mailOf(
  how: PathTouch["how"],
  ways: readonly string[],
  places: readonly string[],
  host: HostReader,
): Promise<string | undefined> {
  const [path = ""] = ways;
  const isMail = ways.some((way) => isMailPath(way, places));
  if (how === "write") return isMail ? `${path} is a place of mail and would be written over` : undefined;
  const holds = isMail || ways.some((way) => holdsMailPlace(way, places));
  if (how === "cover") return holds ? `${path} holds mail and would be mounted over or unmounted` : undefined;
  if (holds && (await host.stat(path)) !== undefined) return `${path} holds mail and would be removed`;
  const box = await mailboxIn(path, host);
  return box === undefined ? undefined : `${path} would be removed, and there is a mailbox in ${box}`;
}

/** A mailbox at or below a directory, by what Maildir and Dovecot's own formats look like. */
async function mailboxIn(path: string, host: HostReader): Promise<string | undefined> {
  if ((await host.stat(path))?.type !== "directory") return undefined;
  const { stdout } = await host.probe(["/bin/sh", "-c", mailboxScript, "sh", path], {
    timeoutMs: longestLookMs,
  });
  const found = stdout.toString("utf8").replace(/\n$/, "");
  return found === "" ? undefined : found;
}

const longestLookMs = 30 * 60_000;

/** What Dovecot keeps beside mail shows the formats that have no `cur`. */
const mailboxScript = `find "$1" \\( -type d \\( -name cur -o -name dbox-Mails \\) -o -type f \\( -name mbox -o -name 'dovecot*' \\) \\) \\
  -print 2>/dev/null | while IFS= read -r found; do
  case $found in */cur) [ -d "\${found%/cur}/new" ] || continue ;; esac
  printf '%s\\n' "$found"; break
done`;
