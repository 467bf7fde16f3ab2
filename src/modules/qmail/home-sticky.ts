import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import { absolutePath, closed, oneOf, onlyWhen, word } from "../argument-schemas.ts";

export interface HomeStickyArgs {
  readonly path: string;
  readonly depth?: number;
  readonly state?: "set" | "lifted";
  readonly as_recorded_on?: string;
}

export interface HomeStickyChange extends Change {
  readonly set: readonly string[];
  readonly lift: readonly string[];
  readonly recordPath: string;
  /** What is on record once the change is made; undefined when the record goes. */
  readonly record: StickyRecord | undefined;
}

/** Homes whose sticky bit was set for a freeze, and those that had it before. */
interface StickyRecord {
  readonly path: string;
  readonly set: readonly string[];
  readonly already: readonly string[];
}

/** Sets the sticky bit of users' homes, at which qmail-local defers, and takes it away where it was not before. */
export const homeSticky = changingModule<HomeStickyArgs, HomeStickyChange>({
  name: "home_sticky",
  description:
    "Sets the sticky bit of all homes below a directory: qmail-local defers mail for such a home. Which homes had it before is kept on the host first, so that `lifted` puts back exactly what was, also when the run was killed.",
  preview: "exact",
  args: closed(
    {
      path: absolutePath("The directory of the homes."),
      depth: {
        type: "integer",
        minimum: 1,
        maximum: 4,
        default: 1,
        description: "How deep below it they lie.",
      },
      state: oneOf(["set", "lifted"], "What shall be.", "set"),
      as_recorded_on: word(
        "With `lifted`: the homes here are a copy of those of that host, sticky bits too; those that had it there before keep it.",
      ),
    },
    { required: ["path"], allOf: [onlyWhen("as_recorded_on", "state", "lifted")] },
  ),

  async check(args, host, context) {
    const { path, depth = 1, state = "set" } = args;
    const recordPath = recordOf(context.workPath, path);
    const own = await readRecord(recordPath, path, host);
    const homes = await listHomes(path, depth, host, context);
    const sticky = homes.filter(isSticky).map((home) => home.path);
    if (state === "set") return planSet(homes, own, { path, recordPath });
    if (sticky.length === 0 && own === undefined) return undefined;
    const record =
      args.as_recorded_on === undefined ? own : await recordOn(args.as_recorded_on, args, context);
    if (record === undefined) return undefined;
    const mine = args.as_recorded_on === undefined ? new Set(record.set) : new Set(sticky);
    const lift = sticky.filter((home) => mine.has(home) && !record.already.includes(home));
    if (lift.length === 0 && own === undefined) return undefined;
    const summary = `the sticky bit of ${lift.length} homes below ${path} lifted`;
    return { summary, set: [], lift, recordPath, record: undefined, result: { homes: lift.length } };
  },

  // Only the mode changes.
  touches: () => [],
  async apply({ set, lift, recordPath, record }, host: HostWriter, context) {
    if (record !== undefined) {
      await context.workDirectory(host);
      await host.writeFile(recordPath, JSON.stringify(record), { mode: "0600" });
      await host.run(["sync", "-f", recordPath]);
    }
    await changeModes("+t", set, host);
    await changeModes("-t", lift, host);
    if (record === undefined) await host.run(["rm", "-f", "--", recordPath]);
    return {};
  },
});

function planSet(
  homes: readonly Home[],
  own: StickyRecord | undefined,
  { path, recordPath }: { readonly path: string; readonly recordPath: string },
): HomeStickyChange | undefined {
  const known = new Set([...(own?.set ?? []), ...(own?.already ?? [])]);
  const set = homes.filter((home) => !isSticky(home)).map((home) => home.path);
  const already = homes.filter((home) => isSticky(home) && !known.has(home.path)).map((home) => home.path);
  const fresh = set.filter((home) => !known.has(home));
  if (set.length === 0 && already.length === 0 && own !== undefined) return undefined;
  const record = {
    path,
    set: [...(own?.set ?? []), ...fresh],
    already: [...(own?.already ?? []), ...already],
  };
  const summary = `the sticky bit of ${set.length} homes below ${path} set`;
  return { summary, set, lift: [], recordPath, record, result: { homes: set.length } };
}

interface Home {
  readonly path: string;
  /** Permission bits as octal digits. */
  readonly mode: string;
}

function isSticky({ mode }: Home): boolean {
  return (Number.parseInt(mode, 8) & 0o1000) !== 0;
}

async function listHomes(
  path: string,
  depth: number,
  host: HostReader,
  { checkMode }: LookContext,
): Promise<Home[]> {
  const deep = String(depth);
  const { stdout } = await host.probe([
    ...["find", path, "-mindepth", deep, "-maxdepth", deep],
    ...["-type", "d", "-printf", "%m %p\\0"],
  ]);
  const homes = stdout
    .toString("utf8")
    .split("\0")
    .filter((line) => line !== "");
  // In check mode a copy that would bring them has not been made.
  if (homes.length === 0 && !checkMode) {
    const next = "Name the directory of the homes, and how deep below it they lie.";
    throw new Failure("task-failed", `there is no home below ${path}`, { host: host.name, next });
  }
  return homes.map((line) => {
    const blank = line.indexOf(" ");
    return { mode: line.slice(0, blank), path: line.slice(blank + 1) };
  });
}

async function recordOn(name: string, { path }: HomeStickyArgs, context: LookContext): Promise<StickyRecord> {
  const record = await readRecord(recordOf(context.workPath, path), path, await context.peer(name));
  if (record !== undefined) return record;
  // In check mode the task that makes it has not been done.
  if (context.checkMode) return { path, set: [], already: [] };
  throw new Failure("task-failed", `${name} has no record of which homes below ${path} were sticky before`, {
    next: "Set it there first: home_sticky without a state does.",
  });
}

function recordOf(workPath: string, path: string): string {
  return `${workPath}/sticky-${encodeURIComponent(path)}.json`;
}

async function readRecord(file: string, path: string, host: HostReader): Promise<StickyRecord | undefined> {
  const text = await host.readText(file);
  if (text === undefined) return undefined;
  const { set, already } = parseRecord(text);
  if (Array.isArray(set) && Array.isArray(already)) return { path, set, already };
  throw new Failure("task-failed", `${file} on ${host.name} is no record of sticky homes`, {
    host: host.name,
    next: `Take the sticky bit from the homes below ${path} by hand where it was not set before, then remove that file.`,
  });
}

function parseRecord(text: string): Partial<StickyRecord> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<StickyRecord>;
  } catch {
    return {};
  }
}

/** A home that went meanwhile is no error; anything else is. */
async function changeModes(how: "+t" | "-t", homes: readonly string[], host: HostWriter): Promise<void> {
  if (homes.length === 0) return;
  const script =
    'for home; do [ -d "$home" ] && [ ! -L "$home" ] || continue; chmod "$how" -- "$home" || exit 1; done';
  const argv = ["xargs", "-0", "sh", "-c", `how=${how}; ${script}`, "sh"];
  await host.run(argv, { stdin: homes.map((home) => `${home}\0`).join("") });
}
