import { randomBytes } from "node:crypto";
import { CommandFailed, Failure } from "../contract/errors.ts";
import type { CommandResult, FileEntry, FileStat, WriteOptions } from "../contract/host.ts";
import type { CommandRunner } from "./command-runner.ts";
import type { OwnScript } from "./command-script.ts";
import type { ReadBatch } from "./read-batch.ts";

/** `stat` of the contract. */
export async function statFile(reads: ReadBatch, path: string, host: string): Promise<FileStat | undefined> {
  const result = await reads.read("stat", operand(path));
  if (isAbsent(result)) return undefined;
  if (result.exitCode !== 0) throw new CommandFailed(["stat", path], result, { host });
  return parseStat(path, result.stdout);
}

/** `readFile` of the contract. */
export async function readFile(reads: ReadBatch, path: string, host: string): Promise<Buffer | undefined> {
  const result = await reads.read("file", operand(path));
  if (isAbsent(result)) return undefined;
  if (result.exitCode !== 0) throw new CommandFailed(["cat", "--", operand(path)], result, { host });
  return result.stdout;
}

/** `lookAt` of the contract. */
export async function lookAtEntry(
  reads: ReadBatch,
  path: string,
  host: string,
): Promise<FileEntry | undefined> {
  const result = await reads.read("entry", operand(path));
  if (isAbsent(result)) return undefined;
  if (result.exitCode !== 0) throw new CommandFailed(["stat", path], result, { host });
  const stat = parseStat(path, result.stdout);
  const content = stat.type === "file" ? result.stdout.subarray(result.stdout.indexOf(0) + 1) : undefined;
  return { stat, content };
}

/** `readText` of the contract. */
export async function readText(reads: ReadBatch, path: string, host: string): Promise<string | undefined> {
  const bytes = await readFile(reads, path, host);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Failure("task-failed", `${path} is not UTF-8 text`, { host, cause });
  }
}

/**
 * `writeFile` of the contract: through symbolic links to the file itself, by a temporary file beside it that gets owner,
 * mode and all bytes (counted, because a lost link ends the input early) and reaches the disk before it takes the name.
 */
export async function writeFile(
  runner: CommandRunner,
  path: string,
  content: Buffer | string,
  options: WriteOptions = {},
): Promise<void> {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content, "utf8");
  const command = writing(path, bytes.length, options);
  const result = await runner.run(command, { stdin: bytes, accept: "any" }, "repeatable");
  if (result.exitCode !== 0) throw new CommandFailed([command.name], result, { host: runner.user.host });
}

/** What writes its input, `sizeBytes` long, to a file. */
export function writing(path: string, sizeBytes: number, { mode, owner, group }: WriteOptions): OwnScript {
  if (mode !== undefined && !/^[0-7]{4}$/.test(mode)) {
    throw new Failure("bad-input", `${JSON.stringify(mode)} is no mode: four octal digits are wanted`);
  }
  const temporary = `.mailferry-${randomBytes(12).toString("hex")}`;
  const words = [operand(path), temporary, String(sizeBytes), mode ?? "", owner ?? "", group ?? ""];
  return { name: `writing ${path}`, text: writeScript, words };
}

/** Reads what the stat script printed. */
export function parseStat(path: string, printed: Buffer): FileStat {
  const end = printed.indexOf(0);
  const facts = printed.toString("utf8", 0, end);
  const [rawMode = "0", size, uid, gid, modified, owner = "", group = ""] = facts.split("/");
  const mode = Number.parseInt(rawMode, 16);
  const type = fileTypes.get(mode & 0o170000) ?? "other";
  return {
    path,
    type,
    sizeBytes: Number(size),
    mode: (mode & 0o7777).toString(8).padStart(4, "0"),
    uid: Number(uid),
    gid: Number(gid),
    owner,
    group,
    modifiedAt: Number(modified),
    ...(type === "link" ? { target: printed.toString("utf8", end + 1) } : {}),
  };
}

/** A path that no program takes for an option or for its standard input. */
function operand(path: string): string {
  if (path === "" || path.includes("\0"))
    throw new Failure("bad-input", `${JSON.stringify(path)} is no path`);
  return path.startsWith("/") ? path : `./${path}`;
}

function isAbsent({ exitCode, stderr }: CommandResult): boolean {
  return exitCode !== 0 && /: (No such file or directory|Not a directory)\s*$/.test(stderr.toString("utf8"));
}

const fileTypes: ReadonlyMap<number, FileStat["type"]> = new Map([
  [0o100000, "file"],
  [0o040000, "directory"],
  [0o120000, "link"],
]);

/**
 * Begun again after a lost link it runs in another shell, whose number makes another temporary name. `dd` has read all of
 * the input before it writes (what is larger than a block has the shell for itself), syncs the file and says how much it
 * was; where the script ends before, the input is read up.
 */
const writeScript = `set -eu
path=$1; temporary=$2-$$; size=$3; mode=$4; owner=$5; group=$6; line='
'
trap 'head -c "$size" >/dev/null' EXIT
if [ -L "$path" ]; then path=$(readlink -f -- "$path" && echo x); path=\${path%?x}; fi
if [ -d "$path" ]; then echo "$path is a directory" >&2; exit 1; fi
case $path in */*) directory=\${path%/*}/;; *) directory=./;; esac
temporary=$directory$temporary
umask 077
set -C
exec 3>"$temporary"
trap 'rm -f -- "$temporary"; head -c "$size" >/dev/null' EXIT
trap 'exit 1' HUP INT TERM
own=$owner\${group:+:$group}
if [ -e "$path" ]; then
  IFS=:$line
  set -- $(stat -c %u:%g:%a -- "$temporary" "$path")
  if [ -n "$own" ]; then own=\${owner:-$4}:\${group:-$5}
  elif [ "$1:$2" != "$4:$5" ]; then own=$4:$5
  fi
  mode=\${mode:-$6}
fi
if [ -n "$own" ]; then chown "$own" -- "$temporary"; fi
chmod "\${mode:-0644}" -- "$temporary"
trap 'rm -f -- "$temporary"' EXIT
if [ "$size" -eq 0 ]; then sync -- "$temporary"
else
  told=$(dd bs=1M count="$size" iflag=count_bytes,fullblock conv=fsync 2>&1 >&3) || { echo "$told" >&2; exit 1; }
  case $told in *"$line$size byte"*) ;; *) echo "the content was cut short" >&2; exit 1 ;; esac
fi
mv -fT -- "$temporary" "$path"
trap - EXIT
sync -- "$directory"`;
