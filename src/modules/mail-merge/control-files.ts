import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { parseUidlist, type Uidlist } from "../../mail/dovecot-uidlist.ts";
import { GuidNames } from "../../mail/guid-names.ts";
import {
  type MergedControl,
  type MergedKeywords,
  mergeKeywords,
  mergeSubscriptions,
  mergeUidlists,
} from "../../mail/merge-control-files.ts";
import { longOutput } from "../long-output.ts";
import { nulList } from "../rsync-pull/listing.ts";
import { type BesideMessages, lookBesideMessages } from "./beside-messages.ts";

/** A control file of one host joined with the other's. */
export type JoinedControl = MergedControl & { readonly path: ByteText };

/** So many files are read in one round trip. */
const filesAtOnce = 100;

/** One side of a merge: a host and its mail root. */
export interface MergeSide {
  readonly host: HostReader;
  readonly root: string;
  readonly beside: BesideMessages;
}

/** Looks at one side. */
export async function sideOf(host: HostReader, root: string): Promise<MergeSide> {
  return { host, root, beside: await lookBesideMessages(host, root) };
}

/** Joins the uidlists and subscriptions that differ: those that are to be written, and those that can't be joined. */
export async function joinControls(
  here: MergeSide,
  there: MergeSide,
  names: BothNames,
): Promise<JoinedControl[]> {
  const joined: JoinedControl[] = [];
  for await (const [path, own, more] of differing(here, there, ["dovecot-uidlist", "subscriptions"])) {
    const folder = folderOf(path);
    const [ours, theirs] = [names.here.namesIn(folder), names.there.namesIn(folder)];
    const merged =
      nameOf(path) === "subscriptions"
        ? mergeSubscriptions(own, more)
        : mergeUidlists(own, more, { own: ours, more: theirs });
    if (merged.text !== undefined || merged.conflict !== undefined) joined.push({ path, ...merged });
  }
  return joined;
}

/** What the messages of both sides are called. */
export interface BothNames {
  readonly here: GuidNames;
  readonly there: GuidNames;
}

/** Where mail lies as Maildirs on both sides, messages are known by the names of their files. */
export function namesOfFiles(): BothNames {
  return { here: new GuidNames(), there: new GuidNames() };
}

/** Finds the GUIDs by which messages are known on both sides, where a folder has some whose GUID is not their file's name. */
export async function namesByGuid(here: MergeSide, there: MergeSide): Promise<BothNames> {
  const [own, other] = [new Map<ByteText, Uidlist>(), new Map<ByteText, Uidlist>()];
  for await (const [path, ours = "", theirs] of differing(here, there, ["dovecot-uidlist"])) {
    const lists = [parseUidlist(ours), parseUidlist(theirs)] as const;
    if (lists.every(({ guids }) => guids.size === 0)) continue;
    own.set(folderOf(path), lists[0]);
    other.set(folderOf(path), lists[1]);
  }
  return { here: new GuidNames(own), there: new GuidNames(other) };
}

/** Joins the keywords that differ, by folder. */
export async function joinKeywords(
  here: MergeSide,
  there: MergeSide,
): Promise<ReadonlyMap<ByteText, MergedKeywords & { readonly path: ByteText }>> {
  const joined = new Map<ByteText, MergedKeywords & { readonly path: ByteText }>();
  for await (const [path, own, more] of differing(here, there, ["dovecot-keywords"])) {
    joined.set(folderOf(path), { path, ...mergeKeywords(own, more) });
  }
  return joined;
}

type Texts = readonly [path: ByteText, own: ByteText | undefined, more: ByteText];

async function* differing(
  here: MergeSide,
  there: MergeSide,
  names: readonly string[],
): AsyncGenerator<Texts> {
  const paths = [...there.beside.controls]
    .filter(([path, sum]) => names.includes(nameOf(path)) && here.beside.controls.get(path) !== sum)
    .map(([path]) => path);
  for (let at = 0; at < paths.length; at += filesAtOnce) {
    const some = paths.slice(at, at + filesAtOnce);
    const known = some.filter((path) => here.beside.controls.has(path));
    const [own, more] = await Promise.all([readTexts(here, known), readTexts(there, some)]);
    for (const path of some) yield [path, own.get(path), more.get(path) ?? ""];
  }
}

async function readTexts(
  { host, root }: MergeSide,
  paths: readonly ByteText[],
): Promise<Map<ByteText, ByteText>> {
  if (paths.length === 0) return new Map();
  const answer = longOutput(host.name);
  await host.probe(["sh", "-c", readScript, "sh", root], {
    stdin: nulList(paths, "./"),
    timeoutMs: 600_000,
    onStdout: answer.take,
  });
  const output = answer.whole().toString("latin1");
  const sizes = output.split("\0", paths.length).map(Number);
  let at = sizes.reduce((sum, size) => sum + String(size).length + 1, 0);
  return new Map(
    paths.map((path, index) => {
      const text = output.slice(at, at + (sizes[index] ?? 0));
      at += text.length;
      return [path, text] as const;
    }),
  );
}

/** Prints the size of each file on the input, then what they hold. More names than one command takes are an error. */
const readScript = String.raw`
cd -- "$1" || exit 1
xargs -0 -x -n ${filesAtOnce} -s 500000 sh -c 'stat --printf "%s\\0" -- "$@" && cat -- "$@"' sh`;

function folderOf(path: ByteText): ByteText {
  return path.replace(/\/?[^/]*$/, "");
}

/** The last part of a path. */
export function nameOf(path: ByteText): ByteText {
  return path.slice(path.lastIndexOf("/") + 1);
}
