import type { Applied, Change } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import { type Attributes, attributeSteps, attributesOff, fourDigits } from "./file-attributes.ts";
import { diffOf } from "./text-diff.ts";

/** A file as it shall be. */
export interface WantedFile extends Attributes {
  readonly path: string;
  readonly content: Buffer;
  /** Keep what was there beside it. */
  readonly backup?: boolean | undefined;
}

export interface FileChange extends Change {
  readonly path: string;
  /** undefined when only the attributes differ. */
  readonly content: Buffer | undefined;
  readonly attributes: Attributes;
  /** True when there is something to keep a copy of, and a copy is wanted. */
  readonly backup: boolean;
}

/** Compares a file on the host with what it shall be; undefined means that it is so. Links are followed. */
export async function planFile(wanted: WantedFile, host: HostReader): Promise<FileChange | undefined> {
  const path = await followLink(wanted.path, host);
  const stat = await host.stat(path);
  if (stat !== undefined && stat.type !== "file") {
    throw new Failure("task-failed", `${path} is no file but a ${stat.type}`, { host: host.name });
  }
  const before = stat === undefined ? undefined : await host.readFile(path);
  const mode = wanted.mode === undefined ? undefined : fourDigits(wanted.mode);
  const attributes = { mode, owner: wanted.owner, group: wanted.group };
  if (before?.equals(wanted.content)) {
    const off = attributesOff(stat, attributes);
    if (off.length === 0) return undefined;
    return { summary: `${path}: ${off.join(", ")}`, path, content: undefined, attributes, backup: false };
  }
  const closest = [mode, stat?.mode].filter((bits) => bits !== undefined).sort(byLastDigit)[0] ?? "0644";
  const { diff, hidden } = diffOf({ path, before, after: wanted.content, mode: closest });
  const what = `${before === undefined ? "create" : "change"} ${path}`;
  const summary = hidden === undefined ? what : `${what} (${hidden})`;
  const backup = wanted.backup === true && before !== undefined;
  return { summary, diff, path, content: wanted.content, attributes, backup };
}

/** Puts the planned file in place. */
export async function putFile(change: FileChange, host: HostWriter): Promise<Applied> {
  const { path, content, attributes } = change;
  const backupFile = change.backup
    ? `${path}.${new Date().toISOString().replaceAll(/[:.]/g, "-")}~`
    : undefined;
  if (backupFile !== undefined) await host.run(["cp", "-p", "--", path, backupFile]);
  if (content !== undefined) await host.writeFile(path, content, attributes);
  else for (const step of attributeSteps(path, attributes)) await host.run(step);
  return { result: { path, ...(backupFile === undefined ? {} : { backup_file: backupFile }) } };
}

/** The path itself, or where it leads when it is a symbolic link. */
export async function followLink(path: string, host: HostReader): Promise<string> {
  if ((await host.stat(path))?.type !== "link") return path;
  const found = await host.probe(["readlink", "-f", "--", path]);
  return found.stdout.toString("utf8").replace(/\n$/, "");
}

function byLastDigit(a: string, b: string): number {
  return a.slice(-1).localeCompare(b.slice(-1));
}
