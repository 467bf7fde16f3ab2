import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { isPlain, leadsOut } from "../../mail/plain-path.ts";
import { waitingRoom } from "../../mail/waiting-room.ts";
import { longOutput } from "../long-output.ts";
import { otherFiles } from "../mail-ledger/scan-script.ts";
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
