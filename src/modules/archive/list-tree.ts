import { posix } from "node:path";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { longOutput } from "../long-output.ts";

/** What goes into an archive. */
export interface ListedTree {
  /** The directory that all names count from. */
  readonly root: string;
  /** In order, each once. */
  readonly names: readonly string[];
}

const longestMs = 60 * 60_000;

/** All that the paths (patterns are taken) lead to, without what is left out; undefined when there is nothing. */
export async function listTree(
  paths: readonly string[],
  excluded: readonly string[],
  host: HostReader,
): Promise<ListedTree | undefined> {
  const output = longOutput(host.name);
  await host.probe(["/bin/sh", "-c", listScript, "sh", ...paths, "", ...excluded], {
    timeoutMs: longestMs,
    onStdout: output.take,
  });
  const fields = output.whole().toString("utf8").split("\0").slice(0, -1);
  const marked = (mark: string) => fields.filter((field) => field[0] === mark).map((field) => field.slice(1));
  const tops = marked("t");
  const left = new Set(marked("x"));
  const isLeftOut = (path: string): boolean =>
    left.has(path) || (path !== "/" && isLeftOut(posix.dirname(path)));
  const found = [...new Set(marked("e"))].filter((path) => !isLeftOut(path));
  if (found.length === 0) return undefined;
  if (found.some((path) => path.includes("\ufffd"))) {
    throw new Failure("task-failed", "there are names that are not UTF-8", { host: host.name });
  }
  const root = commonDirectory(tops);
  return { root, names: found.map((path) => posix.relative(root, path)).sort() };
}

// Patterns are expanded and words are not split: IFS is empty. A socket is in no archive. What can't be looked into ends
// it: an archive without it would pass for whole.
const listScript = `IFS=
mark=t
for pattern; do
  if [ -z "$pattern" ]; then mark=x; continue; fi
  for path in $pattern; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    printf '%s%s\\0' "$mark" "$path"
    [ $mark = x ] || find "$path" -ignore_readdir_race ! -type s -printf 'e%p\\0' || exit
  done
done`;

/** The directory that all the paths lie in. */
function commonDirectory(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => posix.dirname(path).split("/"));
  const differs = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return posix.join("/", ...(differs === -1 ? first : first.slice(0, differs)));
}
