import type { Applied, Change } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import type { FileEntry, HostReader, HostWriter } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ApplyContext } from "../contract/module.ts";
import { splitWords } from "../contract/split-words.ts";
import type { Touch } from "../contract/touch.ts";
import { keepBackup } from "./backup-file.ts";
import {
  type Attributes,
  attributeSteps,
  attributesOff,
  fourDigits,
  wantedAttributes,
} from "./file-attributes.ts";
import { checksumOf } from "./file-checksum.ts";
import { diffOf } from "./text-diff.ts";
import { withCleanUp } from "./with-clean-up.ts";

/** A file as it shall be. */
export interface WantedFile extends Attributes {
  readonly path: string;
  readonly content: Buffer;
  /** Keep what was there beside it. */
  readonly backup?: boolean | undefined;
  /** A command that must take the content before it is put in place; `%s` in it stands for a file that holds it. */
  readonly validate?: string | undefined;
}

export interface FileChange extends Change {
  readonly path: string;
  /** undefined when only the attributes differ. */
  readonly content: Buffer | undefined;
  readonly attributes: Attributes;
  /** True when there is something to keep a copy of, and a copy is wanted. */
  readonly backup: boolean;
  /** The argv of the command that must take the content first. */
  readonly validate?: readonly string[] | undefined;
}

/** What is at a path, or where a symbolic link there leads. */
export interface SeenFile {
  readonly path: string;
  readonly entry: FileEntry | undefined;
}

/** Looks at a path, through a symbolic link. One round trip, two more for a link. */
export async function lookThrough(path: string, host: HostReader): Promise<SeenFile> {
  const entry = await host.lookAt(path);
  if (entry?.stat.type !== "link") return { path, entry };
  const end = await endOfLink(path, host);
  return { path: end, entry: await host.lookAt(end) };
}

/**
 * Compares a file on the host with what it shall be; undefined means that it is so. Links are followed. `seen` is what a
 * look through `wanted.path` found, if there was one already.
 */
export async function planFile(
  wanted: WantedFile,
  host: HostReader,
  seen?: SeenFile,
): Promise<FileChange | undefined> {
  const { path, entry } = seen ?? (await lookThrough(wanted.path, host));
  const stat = entry?.stat;
  if (stat !== undefined && stat.type !== "file") {
    throw new Failure("task-failed", `${path} is no file but a ${stat.type}`, { host: host.name });
  }
  const before = entry?.content;
  const mode = wanted.mode === undefined ? undefined : fourDigits(wanted.mode);
  const attributes = { mode, owner: wanted.owner, group: wanted.group };
  const result = resultOf(path, wanted.content, attributes);
  if (before?.equals(wanted.content)) {
    const off = attributesOff(stat, attributes);
    if (off.length === 0) return undefined;
    const summary = `${path}: ${off.join(", ")}`;
    return { summary, path, content: undefined, attributes, backup: false, result };
  }
  const closest = [mode, stat?.mode].filter((bits) => bits !== undefined).sort(byLastDigit)[0] ?? "0644";
  const { diff, hidden } = diffOf({ path, before, after: wanted.content, mode: closest });
  const what = `${before === undefined ? "create" : "change"} ${path}`;
  const summary = hidden === undefined ? what : `${what} (${hidden})`;
  const backup = wanted.backup === true && before !== undefined;
  const validate = wanted.validate === undefined ? undefined : splitWords(wanted.validate);
  return { summary, diff, path, content: wanted.content, attributes, backup, validate, result };
}

/** What is known of the file before it is put in place. */
function resultOf(path: string, content: Buffer, attributes: Attributes): JsonObject {
  return {
    ...{ path, dest: path, state: "file", size: content.length, checksum: checksumOf(content) },
    ...wantedAttributes(attributes),
  };
}

/** What such a change writes over; nothing when only the attributes differ, or when there is no change. */
export function touchesOfFile(change: FileChange | undefined): Touch[] {
  return change?.content === undefined ? [] : [{ path: change.path, how: "write" }];
}

/** Puts the planned file in place. */
export async function putFile(
  change: FileChange,
  host: HostWriter,
  context: Pick<ApplyContext, "notice">,
): Promise<Applied> {
  const { path, content, attributes, validate } = change;
  if (content !== undefined && validate !== undefined)
    await validateContent(validate, content, host, context);
  const backupFile = change.backup ? await keepBackup(path, host) : undefined;
  if (content !== undefined) await host.writeFile(path, content, attributes);
  else for (const step of attributeSteps(path, attributes)) await host.run(step);
  return { result: { path, ...(backupFile === undefined ? {} : { backup_file: backupFile }) } };
}

/** The path itself, or where it leads when it is a symbolic link. */
export async function followLink(path: string, host: HostReader): Promise<string> {
  return (await host.stat(path))?.type === "link" ? endOfLink(path, host) : path;
}

async function endOfLink(path: string, host: HostReader): Promise<string> {
  const found = await host.probe(["readlink", "-f", "--", path]);
  return found.stdout.toString("utf8").replace(/\n$/, "");
}

/** Lets the command see the content in a file that only its user may read, away from directories that programs read whole. */
async function validateContent(
  argv: readonly string[],
  content: Buffer,
  host: HostWriter,
  { notice }: Pick<ApplyContext, "notice">,
): Promise<void> {
  const made = await host.run(["mktemp"]);
  const file = made.stdout.toString("utf8").replace(/\n$/, "");
  const work = async () => {
    await host.writeFile(file, content, { mode: "0600" });
    await host.run(argv.map((word) => word.replaceAll("%s", file)));
  };
  const cleanUp = async () => void (await host.run(["rm", "-f", "--", file]));
  await withCleanUp(work, cleanUp, notice);
}

function byLastDigit(a: string, b: string): number {
  return a.slice(-1).localeCompare(b.slice(-1));
}
