import type { HostReader } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";

/** Checksums that can be asked for. */
export const checksumAlgorithms = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] as const;

/** A file of a host may be long. */
const longestMs = 60 * 60_000;

/** What Ansible's `stat` tells beyond a plain look, in one round trip. `algorithm` is undefined where no checksum is wanted. */
export async function statDetails(
  path: string,
  algorithm: string | undefined,
  host: HostReader,
): Promise<JsonObject> {
  const program = algorithm === undefined ? "" : `${algorithm}sum`;
  const argv = ["/bin/sh", "-c", detailsScript, "sh", path, program];
  const { stdout } = await host.probe(argv, { accept: "any", timeoutMs: longestMs });
  const told = new Map(
    stdout
      .toString("utf8")
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const [atime = "0", ctime = "0", inode = "0", nlink = "0", dev = "0", kind = ""] = (
    told.get("stat") ?? ""
  ).split("|");
  const may = told.get("may") ?? "";
  const checksum = told.get("sum") === undefined ? {} : { checksum: told.get("sum") ?? "" };
  return {
    ...{ atime: Number(atime), ctime: Number(ctime), inode: Number(inode), nlink: Number(nlink) },
    dev: Number(dev),
    isblk: kind === "block special file",
    ischr: kind === "character special file",
    isfifo: kind === "fifo",
    issock: kind === "socket",
    ...{ readable: may.includes("r"), writeable: may.includes("w"), executable: may.includes("x") },
    ...checksum,
  };
}

/** Whom the bits of a mode ("0644") allow what. */
export function permissionsOf(mode: string): JsonObject {
  const bits = Number.parseInt(mode, 8);
  const allowed = ["xoth", "woth", "roth", "xgrp", "wgrp", "rgrp", "xusr", "wusr", "rusr"].map(
    (name, bit) => [name, (bits & (1 << bit)) !== 0],
  );
  return { ...Object.fromEntries(allowed), isuid: (bits & 0o4000) !== 0, isgid: (bits & 0o2000) !== 0 };
}

export const detailsScript = `export LC_ALL=C
stat -c 'stat=%X|%Z|%i|%h|%d|%F' -- "$1" || exit
may=
[ -r "$1" ] && may=r
[ -w "$1" ] && may=w$may
[ -x "$1" ] && may=x$may
echo "may=$may"
if [ -n "$2" ] && [ -f "$1" ] && [ ! -L "$1" ] && [ -r "$1" ]; then
  sum=$("$2" <"$1") && echo "sum=\${sum%% *}"
fi`;
