import { isUtf8 } from "node:buffer";
import type { HostReader } from "../../contract/host.ts";
import { longOutput } from "../long-output.ts";

/** One entry below a path, as the host's `find` sees it. Times are seconds since 1970. */
export interface ListedPath {
  readonly path: string;
  /** `f`, `d`, `l` or another letter of find's `%y`. */
  readonly type: string;
  readonly mode: string;
  readonly size: number;
  readonly uid: number;
  readonly gid: number;
  readonly pw_name: string;
  readonly gr_name: string;
  readonly mtime: number;
  readonly atime: number;
  readonly ctime: number;
  readonly target: string;
}

export interface Listing {
  readonly entries: readonly ListedPath[];
  /** Why a path could not be looked at, or can't be named here. */
  readonly skipped: Readonly<Record<string, string>>;
  /** The host's clock, seconds since 1970. */
  readonly now: number;
}

export interface ListOptions {
  readonly paths: readonly string[];
  /** How many levels below the paths; undefined is all. */
  readonly depth: number | undefined;
  /** Look through symbolic links. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const longestMs = 60 * 60_000;

/** All that lies below the paths, in one round trip. Entries are told apart by NUL: any name survives that is UTF-8. */
export async function listPaths(options: ListOptions, host: HostReader): Promise<Listing> {
  const { paths, depth, follow, signal } = options;
  const words = [follow ? "-L" : "-H", String(depth ?? ""), ...paths];
  const output = longOutput(host.name);
  await host.probe(["/bin/sh", "-c", listScript, "sh", ...words], {
    environment: { LC_ALL: "C" },
    timeoutMs: longestMs,
    signal,
    onStdout: output.take,
  });
  return parseListing(output.whole());
}

// What find can't read is told at the end of its output, so that both come in order.
const listScript = `follow=$1; depth=$2; shift 2
date +%s | tr '\\n' '\\0'
for path; do
  if [ ! -e "$path" ]; then printf 'skip\\0%s\\0is not there\\0' "$path"
  elif [ ! -d "$path" ]; then printf 'skip\\0%s\\0is no directory\\0' "$path"
  else
    faults=$({ find "$follow" "$path" -mindepth 1 \${depth:+-maxdepth "$depth"} -printf \
      'entry\\0%p\\0%y\\0%m\\0%s\\0%U\\0%G\\0%u\\0%g\\0%T@\\0%A@\\0%C@\\0%l\\0' >&3; } 2>&1)
    [ -z "$faults" ] || printf 'skip\\0%s\\0%s\\0' "$path" "$faults"
  fi
done 3>&1`;

function parseListing(printed: Buffer): Listing {
  // As Latin-1 every byte is one character: names that are no UTF-8 can be told from those that are.
  const fields = printed.toString("latin1").split("\0");
  const entries: ListedPath[] = [];
  const skipped: Record<string, string> = {};
  for (let at = 1; at < fields.length - 1; ) {
    if (fields[at] === "skip") {
      skipped[decoded(fields[at + 1])] = decoded(fields[at + 2]);
      at += 3;
      continue;
    }
    const path = Buffer.from(fields[at + 1] ?? "", "latin1");
    if (isUtf8(path)) entries.push(entryOf(fields.slice(at + 1, at + 13)));
    else skipped[escaped(path)] = "its name is not UTF-8";
    at += 13;
  }
  return { entries, skipped, now: Number(fields[0]) };
}

function entryOf(fields: readonly string[]): ListedPath {
  const [path, type = "", mode = "", size, uid, gid, owner, group, mtime, atime, ctime, target] = fields;
  return {
    path: decoded(path),
    type,
    mode: mode.padStart(4, "0"),
    size: Number(size),
    uid: Number(uid),
    gid: Number(gid),
    pw_name: decoded(owner),
    gr_name: decoded(group),
    mtime: Number(mtime),
    atime: Number(atime),
    ctime: Number(ctime),
    target: decoded(target),
  };
}

function decoded(field = ""): string {
  return Buffer.from(field, "latin1").toString("utf8");
}

function escaped(path: Buffer): string {
  return path
    .toString("latin1")
    .replace(/[^\x20-\x7e]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
