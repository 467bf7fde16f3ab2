import { createHash } from "node:crypto";
import type { HostReader } from "../../contract/host.ts";
import { longLookMs } from "./source-check.ts";

/** What a tree was like at a moment. */
export interface TreeState {
  /** Another one as soon as anything in it was written, renamed, removed, or given other rights: each moves a ctime, which nobody can set. */
  readonly sum: string;
  /** Whether nothing in it was changed so lately that a change right behind it could bear the same time. */
  readonly settled: boolean;
}

/** Looks at a directory, or at some files of it. Undefined where it is large, or changed under the look. */
export async function lookAtTree(
  path: string,
  files: readonly string[] | undefined,
  host: HostReader,
): Promise<TreeState | undefined> {
  const names = files?.map((name) => `./${name}`) ?? ["."];
  const argv = ["sh", "-c", treeScript, "sh", path, ...names];
  const { stdout } = await host.probe(argv, {
    accept: "any",
    environment: { LC_ALL: "C" },
    timeoutMs: longLookMs,
  });
  const records = stdout.toString("latin1").split("\0");
  const [, clock] = /^mailferry: listed at ([0-9]+)$/.exec(records.pop() ?? "") ?? [];
  if (clock === undefined) return undefined;
  const youngest = records.reduce((latest, record) => Math.max(latest, Number.parseFloat(record)), 0);
  return {
    sum: createHash("sha256").update(records.sort().join("\0")).digest("hex"),
    settled: youngest < Number(clock) - coarsestGrainSeconds,
  };
}

/** ext3 keeps whole seconds; one more for a change under the look. */
const coarsestGrainSeconds = 2;

/** Some ten thousand entries: for more, rsync's own comparison is no detour. */
const mostBytes = 2_000_000;

/** Prints each entry with its ctime first, and the clock before the look when all was listed. */
const treeScript = String.raw`
cd -- "$1" || exit 1
shift
clock=$(date +%s)
{ find "$@" -printf '%C@ %D %i %s %m %U %G %p\0' && printf 'mailferry: listed at %s' "$clock"; } | head -c ${mostBytes}`;
