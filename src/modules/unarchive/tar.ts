import type { HostReader, HostWriter } from "../../contract/host.ts";
import { compressionWords } from "../archive-programs.ts";
import { namesListed } from "../tar-names.ts";
import type { Packed } from "./packed.ts";

/** Which members are meant, and what of their differences doesn't count. */
export interface Selection {
  readonly dest: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly keepNewer: boolean;
  /** Owner and mode of the archive don't count where the task names its own. */
  readonly ignored: readonly ("Uid" | "Gid" | "Mode")[];
}

export const longestMs = 6 * 60 * 60_000;

/** What in the destination is not as in the archive, as tar tells it; nothing when all is so. */
export async function tarDifferences(
  packed: Packed,
  wanted: Selection,
  host: HostReader,
): Promise<readonly string[]> {
  const argv = tarArgv("--compare", packed, wanted);
  const script = 'exec 2>&1; "$@"; code=$?; [ $code -lt 2 ] || printf "%s" "$code"; exit 0';
  const told = await host.probe(["/bin/sh", "-c", script, "sh", ...argv], options(packed));
  const lines = told.stdout.toString("utf8").split("\n");
  const fault = lines.pop() ?? "";
  // A fault of tar's own shows by running it again in a way that tells it.
  if (fault !== "") await host.probe(tarArgv("--list", packed, wanted), options(packed));
  const counting = lines
    .filter((line) => !aside.test(line))
    .filter((line) => !wanted.ignored.some((what) => line.endsWith(`: ${what} differs`)));
  return wanted.keepNewer ? withoutNewer(counting, packed, wanted, host) : counting;
}

/** What tar remarks on any archive with absolute names, or made on another system: no difference. */
const aside = /^tar: (Removing leading|Ignoring unknown extended header)/;

/** The names of the members, as they are in the destination. */
export async function tarMembers(
  packed: Packed,
  wanted: Selection,
  host: HostReader,
): Promise<readonly string[]> {
  const argv = tarArgv("--list", packed, wanted, "--quoting-style=escape");
  return namesListed((await host.probe(argv, options(packed))).stdout);
}

export async function extractTar(packed: Packed, wanted: Selection, host: HostWriter): Promise<void> {
  const more = ["--preserve-permissions", ...(wanted.keepNewer ? ["--keep-newer-files"] : [])];
  await host.run(tarArgv("--extract", packed, wanted, ...more), options(packed));
}

function tarArgv(verb: string, packed: Packed, wanted: Selection, ...more: readonly string[]): string[] {
  const { content, format, src } = packed;
  return [
    ...["tar", verb, ...(format === "zip" ? [] : compressionWords[format]), ...more],
    ...["--file", content === undefined ? src : "-", "--force-local", "--directory", wanted.dest],
    ...wanted.exclude.map((pattern) => `--exclude=${pattern}`),
    ...["--", ...wanted.include],
  ];
}

function options({ content }: Packed) {
  return { stdin: content, environment: { LC_ALL: "C", TZ: "UTC" }, timeoutMs: longestMs };
}

/** Differences of files that are newer in the destination don't count: they are kept. */
async function withoutNewer(
  lines: readonly string[],
  packed: Packed,
  wanted: Selection,
  host: HostReader,
): Promise<readonly string[]> {
  const argv = tarArgv("--list", packed, wanted, "--verbose", "--full-time", "--quoting-style=escape");
  const listed = (await host.probe(argv, options(packed))).stdout.toString("utf8").split("\n");
  const packedAt = new Map(
    listed.map((line) => {
      const [, time = "", name = ""] =
        /^\S+ \S+ +\S+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\S* (.*)$/.exec(line) ?? [];
      return [name, Date.parse(`${time.replace(" ", "T")}Z`) / 1000];
    }),
  );
  const named = [...new Set(lines.map((line) => nameIn(line)).filter((name) => packedAt.has(name)))];
  const stats = await Promise.all(
    named.map((name) => host.stat(`${wanted.dest}/${namesListed(Buffer.from(name, "latin1"))[0] ?? ""}`)),
  );
  const newer = new Set(
    named.filter((name, index) => (stats[index]?.modifiedAt ?? 0) > (packedAt.get(name) ?? 0)),
  );
  return lines.filter((line) => !newer.has(nameIn(line)));
}

function nameIn(line: string): string {
  return line.replace(/: [^:]*$/, "");
}
