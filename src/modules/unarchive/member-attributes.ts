import type { HostReader, HostWriter } from "../../contract/host.ts";
import { type Attributes, fourDigits, ownerWord } from "../file-attributes.ts";
import { longestMs } from "./tar.ts";

/** How many of the members have another owner, group or mode than all shall have. What is not there counts for none. */
export async function membersOff(
  names: readonly string[],
  dest: string,
  wanted: Attributes,
  host: HostReader,
): Promise<number> {
  if (!isAnythingWanted(wanted)) return 0;
  const argv = ["xargs", "-0", "-r", "stat", "--printf", "%f/%U/%u/%G/%g\\n", "--"];
  // 123: one of them is not there, or can't be looked at.
  const stats = await host.probe(argv, { ...from(names, dest), accept: [0, 123] });
  const lines = stats.stdout.toString("utf8").split("\n").slice(0, -1);
  return lines.filter((line) => isOff(line, wanted)).length;
}

/** Gives all members the owner, group and mode. */
export async function setMembers(
  names: readonly string[],
  dest: string,
  wanted: Attributes,
  host: HostWriter,
): Promise<void> {
  const { owner, group, mode } = wanted;
  if (owner !== undefined || group !== undefined) {
    await host.run(
      ["xargs", "-0", "-r", "chown", "-h", "--", ownerWord({ owner, group })],
      from(names, dest),
    );
  }
  if (mode === undefined) return;
  const bits = fourDigits(mode);
  await host.run(
    ["xargs", "-0", "-r", "/bin/sh", "-c", modeScript, bits, forDirectory(bits)],
    from(names, dest),
  );
}

// $0 and $1 are the modes of files and directories; links have none.
const modeScript = `directories=$1; shift
for path; do
  if [ -L "$path" ]; then :
  elif [ -d "$path" ]; then chmod -- "$directories" "$path"
  else chmod -- "$0" "$path"; fi
done`;

function isAnythingWanted({ owner, group, mode }: Attributes): boolean {
  return owner !== undefined || group !== undefined || mode !== undefined;
}

function from(names: readonly string[], directory: string) {
  return { stdin: names.map((name) => `./${name}\0`).join(""), directory, timeoutMs: longestMs };
}

function isOff(line: string, { owner, group, mode }: Attributes): boolean {
  const [raw = "0", user, uid, groupName, gid] = line.split("/");
  const bits = Number.parseInt(raw, 16);
  const kind = bits & 0o170000;
  if (owner !== undefined && owner !== user && owner !== uid) return true;
  if (group !== undefined && group !== groupName && group !== gid) return true;
  if (mode === undefined || kind === 0o120000) return false;
  const wanted = kind === 0o040000 ? forDirectory(fourDigits(mode)) : fourDigits(mode);
  return (bits & 0o7777) !== Number.parseInt(wanted, 8);
}

/** Who may read a directory may also enter it. */
function forDirectory(mode: string): string {
  const bits = Number.parseInt(mode, 8);
  return (bits | ((bits & 0o444) >> 2)).toString(8).padStart(4, "0");
}
