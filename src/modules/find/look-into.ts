import type { HostReader } from "../../contract/host.ts";

const longestMs = 6 * 60 * 60_000;

/** Those of the files that have a line which the expression (of `grep -E`) matches. What can't be read has none. */
export async function filesContaining(
  expression: string,
  paths: readonly string[],
  host: HostReader,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = await host.probe(["/bin/sh", "-c", containsScript, "sh", expression], {
    stdin: zeroEnded(paths),
    timeoutMs: longestMs,
    signal,
  });
  return new Set(found.stdout.toString("utf8").split("\0").slice(0, -1));
}

// An expression that is none ends with exit code 2, and so does a file that can't be read: it is tried out first.
const containsScript = `grep -E -e "$1" /dev/null; [ $? -lt 2 ] || exit 2
xargs -0 -r sh -c 'grep -salZE -e "$0" -- "$@" || :' "$1"`;

/** The SHA-256 of each file by its path. One that can't be read is left out. */
export async function checksums(
  paths: readonly string[],
  host: HostReader,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const argv = ["xargs", "-0", "-r", "sha256sum", "-z", "--"];
  const told = await host.probe(argv, {
    stdin: zeroEnded(paths),
    // 123: at least one of the files could not be read.
    accept: [0, 123],
    timeoutMs: longestMs,
    signal,
  });
  const lines = told.stdout.toString("utf8").split("\0").slice(0, -1);
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

function zeroEnded(paths: readonly string[]): string {
  return paths.map((path) => `${path}\0`).join("");
}
