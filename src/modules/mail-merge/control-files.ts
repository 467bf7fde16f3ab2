import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import {
  type MergedControl,
  type MergedKeywords,
  mergeKeywords,
  mergeSubscriptions,
  mergeUidlists,
} from "../../mail/merge-control-files.ts";
import { isPlain, leadsOut } from "../../mail/plain-path.ts";
import { waitingRoom } from "../../mail/waiting-room.ts";
import { longOutput } from "../long-output.ts";
import { otherFiles } from "../mail-ledger/scan-script.ts";
import { nulList } from "../rsync-pull/listing.ts";
import { unreadable } from "./list-messages.ts";

/** What a mail root holds beside its messages, by path below the root. */
export interface BesideMessages {
  /** Directories that hold `cur` or `new`. */
  readonly folders: ReadonlySet<ByteText>;
  /** The checksums of Dovecot's control files that can be joined. */
  readonly controls: ReadonlyMap<ByteText, string>;
  /** What no one can join: sieve scripts, ACLs; by checksum, or by where a link leads. */
  readonly others: ReadonlyMap<ByteText, ByteText>;
  /** A merge that was broken off left its waiting room here. */
  readonly hasRoom: boolean;
}

/** Finds what there is beside the messages. Throws a Failure when something could not be read, or leads out of the root. */
export async function lookBesideMessages(host: HostReader, root: string): Promise<BesideMessages> {
  const output = longOutput(host.name);
  const { exitCode, stderr } = await host.probe(["sh", "-c", besideScript, "sh", root], {
    accept: "any",
    timeoutMs: 3_600_000,
    onStdout: output.take,
  });
  const sections = sectionsOf(output.whole().toString("latin1"));
  const errors = stderr
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
  if (exitCode !== 0 || !sections.has("Z") || errors.length > 0) {
    throw unreadable(errors.length > 0 ? errors : ["the list is not whole"], root, host.name);
  }
  const [folders = [], controls = [], files = [], links = []] = ["D", "C", "F", "L"].map((letter) =>
    sections.get(letter),
  );
  return {
    // "." is the root itself.
    folders: new Set(folders.map((told) => (told === "." ? "" : plainPath(told)))),
    controls: sums(controls),
    others: new Map([...sums(files), ...links.map(linkOf)]),
    hasRoom: (sections.get("R") ?? []).length > 0,
  };
}

/** The records of each list, by the letter before it. No record of a list is one letter. */
function sectionsOf(output: ByteText): Map<string, ByteText[]> {
  const sections = new Map<string, ByteText[]>();
  let records: ByteText[] = [];
  for (const record of output.split("\0")) {
    if (/^[A-Z]$/.test(record)) {
      records = [];
      sections.set(record, records);
    } else if (record !== "") records.push(record);
  }
  return sections;
}

/** A path below the root, of one that begins with "./". */
function plainPath(told: ByteText): ByteText {
  const path = told.slice("./".length);
  if (!told.startsWith("./") || !isPlain(path)) throw leadsOut(told);
  return path;
}

/** `sha256sum -z`: the sum, two blanks, `./path`. */
function sums(records: readonly ByteText[]): Map<ByteText, string> {
  return new Map(records.map((record) => [plainPath(record.slice(66)), record.slice(0, 64)] as const));
}

function linkOf(record: ByteText): readonly [ByteText, ByteText] {
  const end = record.indexOf("//");
  return [plainPath(record.slice(0, end)), `${linkMark}${record.slice(end + 2)}`];
}

/** What the content of a link begins with, and no checksum does. */
export const linkMark = "link to ";

/** Five lists, each behind its letter, and `Z` at the end. */
const besideScript = String.raw`
LC_ALL=C; export LC_ALL
cd -- "$1" || exit 1
f() { find . -regextype posix-extended -path './${waitingRoom}' -prune -o "$@"; }
printf 'D\0'
f -type d \( -name cur -o -name new \) -printf '%h\0' | sort -zu || exit 1
printf 'C\0'
f -type f \( -name dovecot-uidlist -o -name dovecot-keywords -o -name subscriptions \) -print0 | xargs -0 -r sha256sum -z || exit 1
printf 'F\0'
f -type f ! -name maildirfolder ${otherFiles} -print0 | xargs -0 -r sha256sum -z || exit 1
printf 'L\0'
f -type l ${otherFiles} -printf '%p//%l\0' || exit 1
printf 'R\0'
[ ! -e './${waitingRoom}' ] || printf 'yes\0'
printf 'Z\0'`;

/** A control file of one host joined with the other's. */
export type JoinedControl = MergedControl & { readonly path: ByteText };

const mergers: Readonly<Record<string, (own: ByteText | undefined, more: ByteText) => MergedControl>> = {
  "dovecot-uidlist": mergeUidlists,
  subscriptions: mergeSubscriptions,
};

/** So many files are read in one round trip. */
const filesAtOnce = 100;

/** One side of a merge: a host and its mail root. */
export interface MergeSide {
  readonly host: HostReader;
  readonly root: string;
  readonly beside: BesideMessages;
}

/** Joins the uidlists and subscriptions that differ: those that are to be written, and those that can't be joined. */
export async function joinControls(here: MergeSide, there: MergeSide): Promise<JoinedControl[]> {
  const joined: JoinedControl[] = [];
  for await (const [path, own, more] of differing(here, there, Object.keys(mergers))) {
    const merged = mergers[nameOf(path)]?.(own, more) ?? {};
    if (merged.text !== undefined || merged.conflict !== undefined) joined.push({ path, ...merged });
  }
  return joined;
}

/** Joins the keywords that differ, by folder. */
export async function joinKeywords(
  here: MergeSide,
  there: MergeSide,
): Promise<ReadonlyMap<ByteText, MergedKeywords & { readonly path: ByteText }>> {
  const joined = new Map<ByteText, MergedKeywords & { readonly path: ByteText }>();
  for await (const [path, own, more] of differing(here, there, ["dovecot-keywords"])) {
    joined.set(path.replace(/\/?[^/]*$/, ""), { path, ...mergeKeywords(own, more) });
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

/** The last part of a path. */
export function nameOf(path: ByteText): ByteText {
  return path.slice(path.lastIndexOf("/") + 1);
}
