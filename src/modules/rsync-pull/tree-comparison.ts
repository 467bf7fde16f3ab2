import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { inStep } from "../../mail/in-step.ts";
import { OutputFile } from "../output-file.ts";
import { type FilterRule, leftOutBy } from "./filter-rules.ts";
import { longLookMs } from "./source-check.ts";

/** What a pass would do, found by listing both trees. */
export interface TreeDifference {
  readonly send: number;
  readonly sendBytes: number;
  readonly remove: number;
  readonly attributes: number;
}

export interface ComparedTrees {
  readonly source: HostReader;
  readonly src: string;
  readonly target: HostReader;
  readonly dest: string;
  readonly rules: readonly FilterRule[];
  readonly delete: boolean;
  readonly owner: string | undefined;
  readonly group: string | undefined;
  /** Names the lists among the run's files. */
  readonly id: string;
}

/**
 * Compares the trees as rsync would: by type, size and time, then mode and owner. For check mode, which may not
 * open a data link. Both lists go through files, so that their length is no matter.
 */
export async function compareTrees(trees: ComparedTrees, context: LookContext): Promise<TreeDifference> {
  const leftOut = leftOutBy(trees.rules);
  const difference = { send: 0, sendBytes: 0, remove: 0, attributes: 0 };
  const lists = await Promise.all([
    listTree(trees.source, trees.src, await context.runFile(`rsync-pull-${trees.id}-source.list`)),
    listTree(trees.target, trees.dest, await context.runFile(`rsync-pull-${trees.id}-target.list`)),
  ]);
  const [there, here] = lists.map((list) => readEntries(list, leftOut)) as [Entries, Entries];
  for await (const [wanted, found] of inStep(there, here, ({ path }) => `${path}//`)) {
    if (wanted === undefined) difference.remove += trees.delete ? 1 : 0;
    else if (found === undefined || contentDiffers(wanted, found)) {
      difference.send += 1;
      difference.sendBytes += wanted.type === "f" ? wanted.size : 0;
    } else if (attributesDiffer(wanted, found, trees)) difference.attributes += 1;
  }
  await Promise.all(lists.map((list) => rm(list)));
  return difference;
}

interface Entry {
  readonly path: ByteText;
  readonly type: string;
  readonly size: number;
  /** Whole seconds. */
  readonly modifiedAt: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly target: ByteText;
}

type Entries = AsyncGenerator<Entry>;

/** Sorted on the host, each entry with "//" behind its path: no path has that inside. */
async function listTree(host: HostReader, directory: string, file: string): Promise<string> {
  const output = new OutputFile(file, host.name);
  try {
    await host.probe(["sh", "-c", listScript, "sh", directory], {
      timeoutMs: longLookMs,
      onStdout: output.take,
    });
  } finally {
    output.close();
  }
  return file;
}

const listScript = String.raw`cd -- "$1" 2>/dev/null || exit 0
find . -printf '%P//%y %s %Ts %m %u %g %l\0' | LC_ALL=C sort -z`;

async function* readEntries(
  file: string,
  leftOut: (path: ByteText, isDirectory: boolean) => boolean,
): AsyncGenerator<Entry> {
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "latin1", highWaterMark: 1 << 20 })) {
    const records = (rest + chunk).split("\0");
    rest = records.pop() ?? "";
    for (const record of records) {
      const entry = parseEntry(record);
      if (entry !== undefined && !leftOut(entry.path, entry.type === "d")) yield entry;
    }
  }
}

function parseEntry(record: ByteText): Entry | undefined {
  const end = record.indexOf("//");
  const [type = "", size, modifiedAt = "", mode = "", owner = "", group = "", ...target] = record
    .slice(end + 2)
    .split(" ");
  if (end === -1) return undefined;
  const path = record.slice(0, end);
  return { path, type, size: Number(size), modifiedAt, mode, owner, group, target: target.join(" ") };
}

function contentDiffers(wanted: Entry, found: Entry): boolean {
  if (wanted.type !== found.type) return true;
  if (wanted.type === "l") return wanted.target !== found.target;
  return wanted.type === "f" && (wanted.size !== found.size || wanted.modifiedAt !== found.modifiedAt);
}

function attributesDiffer(
  wanted: Entry,
  found: Entry,
  { owner = wanted.owner, group = wanted.group }: Pick<ComparedTrees, "owner" | "group">,
): boolean {
  const modeDiffers = wanted.type !== "l" && wanted.mode !== found.mode;
  return modeDiffers || found.owner !== owner || found.group !== group;
}
