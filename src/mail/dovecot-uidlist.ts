import type { ByteText } from "./byte-text.ts";
import { parseMaildirName } from "./maildir-name.ts";

/** What `dovecot-uidlist` holds: the UIDs that IMAP clients know the messages of one folder by. */
export interface Uidlist {
  /** undefined when the file has no header that could be read. */
  readonly uidValidity: number | undefined;
  /** The UID of the next message: never lower than the header says, nor than any UID in the list. */
  readonly nextUid: number | undefined;
  /** By unique base name. */
  readonly uids: ReadonlyMap<ByteText, number>;
  /** The GUIDs of messages whose GUID is not their base name, by base name: those that dsync once brought. */
  readonly guids: ReadonlyMap<ByteText, ByteText>;
  /** The unique ids that POP3 shows messages by where they were kept (`P`: by another server once, or `pop3_save_uidl`), by base name. */
  readonly uidls: ReadonlyMap<ByteText, ByteText>;
  /** Lines that follow no known form. */
  readonly malformed: number;
}

/**
 * Reads `dovecot-uidlist`, version 3 (`3 V<uidvalidity> N<next uid> G<guid>`, then `<uid> <fields> :<name>`) and
 * version 1 (`1 <uidvalidity> <next uid>`, then `<uid> <name>`). Dovecot appends to the file: a name that comes
 * twice has its last UID.
 */
export function parseUidlist(text: ByteText): Uidlist {
  const [header = "", ...lines] = text.split("\n");
  const version = header.startsWith("3 ") ? 3 : 1;
  const { uidValidity, nextUid } = version === 3 ? readHeader(header) : readFirstHeader(header);
  const uids = new Map<ByteText, number>();
  const guids = new Map<ByteText, ByteText>();
  const uidls = new Map<ByteText, ByteText>();
  let malformed = 0;
  let highest = 0;
  for (const line of lines) {
    if (line === "") continue;
    const record = readRecord(line, version);
    if (record === undefined) {
      malformed += 1;
      continue;
    }
    uids.set(record.base, record.uid);
    if (record.guid !== undefined) guids.set(record.base, record.guid);
    if (record.uidl !== undefined) uidls.set(record.base, record.uidl);
    highest = Math.max(highest, record.uid);
  }
  return {
    uidValidity,
    nextUid: nextUid === undefined ? undefined : Math.max(nextUid, highest + 1),
    uids,
    guids,
    uidls,
    malformed,
  };
}

type Header = Pick<Uidlist, "uidValidity" | "nextUid">;

function readHeader(line: string): Header {
  let uidValidity: number | undefined;
  let nextUid: number | undefined;
  for (const field of line.split(" ").slice(1)) {
    if (field.startsWith("V")) uidValidity = wholeNumber(field.slice(1));
    if (field.startsWith("N")) nextUid = wholeNumber(field.slice(1));
  }
  return { uidValidity, nextUid };
}

function readFirstHeader(line: string): Header {
  const [, uidValidity = "", nextUid = ""] = line.split(" ");
  return { uidValidity: wholeNumber(uidValidity), nextUid: wholeNumber(nextUid) };
}

interface UidlistRecord {
  readonly uid: number;
  readonly base: ByteText;
  readonly guid: ByteText | undefined;
  readonly uidl: ByteText | undefined;
}

function readRecord(line: ByteText, version: 1 | 3): UidlistRecord | undefined {
  const blank = line.indexOf(" ");
  const uid = wholeNumber(line.slice(0, Math.max(0, blank)));
  // Fields before the name (`W`, `S`, `G`, …) never hold " :", so the first one ends them.
  const nameStart = version === 3 ? line.indexOf(" :", Math.max(0, blank)) + 2 : blank + 1;
  if (uid === undefined || nameStart < 2 || nameStart >= line.length) return undefined;
  const fields = version === 3 ? fieldsIn(line.slice(blank + 1, nameStart - 2)) : [];
  const field = (letter: string) => fields.find((word) => word.startsWith(letter))?.slice(1);
  return { uid, base: parseMaildirName(line.slice(nameStart)).base, guid: field("G"), uidl: field("P") };
}

/** Each begins with its letter. The GUID of a message whose file had blanks in its name has them, too. */
function fieldsIn(text: ByteText): ByteText[] {
  const fields: ByteText[] = [];
  for (const word of text.split(" ")) {
    if (/^[A-Z]/.test(word) || fields.length === 0) fields.push(word);
    else fields.push(`${fields.pop()} ${word}`);
  }
  return fields;
}

function wholeNumber(text: string): number | undefined {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}
