import type { ByteText } from "./byte-text.ts";
import { type ImapNamespace, imapString } from "./imap-name.ts";
import { type QuotaLimit, readQuota } from "./imap-quota.ts";

/** A folder as IMAP shows it. */
export interface ImapFolder {
  readonly uidValidity: number | undefined;
  readonly uidNext: number | undefined;
  readonly exists: number;
  /** Flags and keywords by UID, as they stand between the brackets. */
  readonly flags: ReadonlyMap<number, ByteText>;
  /** What each message is, by UID; empty where only flags were asked for. */
  readonly identities: ReadonlyMap<number, MessageIdentity>;
}

/** What Dovecot knows a message by in every format of mailbox, and its size with CRLF at the end of each line. */
export interface MessageIdentity {
  readonly guid: ByteText;
  readonly virtualBytes: number;
}

/** What one session showed. */
export interface ImapView {
  readonly namespace: ImapNamespace | undefined;
  readonly subscriptions: ReadonlySet<ByteText>;
  /** In the order in which they were asked for; undefined for one that could not be opened. */
  readonly folders: readonly (ImapFolder | undefined)[];
  /** How many messages each folder of the user holds, by name; empty where only flags were asked for. */
  readonly messages: ReadonlyMap<ByteText, number>;
  /** What limits the user's INBOX: nothing where the server knows no quota. undefined where it was not asked, or can't tell. */
  readonly quota: readonly QuotaLimit[] | undefined;
  /** Why the session did not come to its end; undefined when it did. */
  readonly problem: string | undefined;
}

/** What a dialogue asks for beside the flags of all messages. */
export interface DialogueWords {
  /** What each message is, and which folders there are. */
  readonly exact?: boolean | undefined;
  /** What limits the user. Asked for last: Dovecot has counted each folder that was opened by then. */
  readonly quota?: boolean | undefined;
}

/** Commands that open folders read-only, one after the other, and list the flags of all messages. A last one with a tag `z` is to come behind them. */
export function dialogueFor(
  names: readonly ByteText[],
  { exact = false, quota = false }: DialogueWords = {},
): string {
  const items = exact ? "FLAGS X-GUID RFC822.SIZE" : "FLAGS";
  const folders = names.map(
    (name, index) => `e${index} EXAMINE ${imapString(name)}\r\nf${index} UID FETCH 1:* (${items})\r\n`,
  );
  const list = exact ? 'l LIST "" "*" RETURN (STATUS (MESSAGES))\r\n' : "";
  const limits = quota ? "q GETQUOTAROOT INBOX\r\n" : "";
  return `n NAMESPACE\r\ns LSUB "" "*"\r\n${list}${folders.join("")}${limits}`;
}

interface OpenFolder {
  uidValidity: number | undefined;
  uidNext: number | undefined;
  exists: number;
  readonly flags: Map<number, ByteText>;
  readonly identities: Map<number, MessageIdentity>;
}

/**
 * Reads the answers to a dialogue. Lines that are no IMAP are what the program said beside it. A server may answer a command before an
 * earlier one (RFC 3501, section 5.5), so each has to be answered, not the last one alone.
 */
export function parseDialogue(answers: ByteText, folderCount: number, words: DialogueWords = {}): ImapView {
  const folders: (ImapFolder | undefined)[] = Array.from({ length: folderCount });
  const subscriptions = new Set<ByteText>();
  const messages = new Map<ByteText, number>();
  const limits: QuotaLimit[] = [];
  const said: string[] = [];
  let quota: readonly QuotaLimit[] | undefined;
  let namespace: ImapNamespace | undefined;
  let current: OpenFolder = emptyFolder();
  const unanswered = new Set(tagsOf(folderCount, words));
  for (const line of linesOf(answers)) {
    if (line.startsWith("* ")) {
      readFolderLine(line, current);
      namespace ??= readNamespace(line);
      const subscribed = readSubscription(line);
      if (subscribed !== undefined) subscriptions.add(subscribed);
      const [, name, count] = /^\* STATUS ([\s\S]*) \(MESSAGES ([0-9]+)\)$/.exec(line) ?? [];
      if (name !== undefined) messages.set(plainString(name), Number(count));
      for (const limit of readQuota(line) ?? []) limits.push(limit);
      continue;
    }
    const [, tag = "", index = "", status] = /^([a-z])([0-9]*) (OK|NO|BAD)\b/.exec(line) ?? [];
    if (tag !== "z") unanswered.delete(tag + index);
    if (tag === "") said.push(line);
    // What comes before an EXAMINE's own answer is about its folder, or says that the last one is closed.
    else if (tag === "e") folders[Number(index)] = status === "OK" ? current : undefined;
    else if (tag === "f") current = emptyFolder();
    // BAD: the server has no such command, so it shows no limits to any client.
    else if (tag === "q") quota = status === "NO" ? undefined : limits;
    else if (tag === "z" && status === "OK") unanswered.delete(tag);
  }
  const problem =
    unanswered.size === 0
      ? undefined
      : (said.findLast((line) => /Fatal|Error|Panic/.test(line)) ?? said.at(-1) ?? "no answer");
  return { namespace, subscriptions, folders, messages, quota, problem };
}

function tagsOf(folderCount: number, { exact = false, quota = false }: DialogueWords): string[] {
  const folders = Array.from({ length: folderCount }, (_, index) => [`e${index}`, `f${index}`]);
  return ["n", "s", ...(exact ? ["l"] : []), ...folders.flat(), ...(quota ? ["q"] : []), "z"];
}

function emptyFolder(): OpenFolder {
  return { uidValidity: undefined, uidNext: undefined, exists: 0, flags: new Map(), identities: new Map() };
}

function readFolderLine(line: ByteText, folder: OpenFolder): void {
  const [, number, known, guid, size] = identityLine.exec(line) ?? [];
  const [, uid, flags, laterFlags, laterUid] = fetchLine.exec(line) ?? [];
  if (number !== undefined) {
    folder.flags.set(Number(number), known ?? "");
    folder.identities.set(Number(number), { guid: plainString(guid ?? ""), virtualBytes: Number(size) });
  } else if (uid !== undefined) folder.flags.set(Number(uid), flags ?? "");
  else if (laterUid !== undefined) folder.flags.set(Number(laterUid), laterFlags ?? "");
  else if (line.startsWith("* OK [UIDVALIDITY ")) folder.uidValidity = Number.parseInt(line.slice(18), 10);
  else if (line.startsWith("* OK [UIDNEXT ")) folder.uidNext = Number.parseInt(line.slice(14), 10);
  else {
    const exists = /^\* ([0-9]+) EXISTS$/.exec(line)?.[1];
    if (exists !== undefined) folder.exists = Number(exists);
  }
}

const identityLine =
  /^\* [0-9]+ FETCH \(UID ([0-9]+) FLAGS \(([^)]*)\) X-GUID ([\s\S]+) RFC822\.SIZE ([0-9]+)\)$/;

const fetchLine =
  /^\* [0-9]+ FETCH \((?:UID ([0-9]+) FLAGS \(([^)]*)\)|FLAGS \(([^)]*)\) UID ([0-9]+))(?: [^)]*)?\)$/;

/** The first personal namespace: `* NAMESPACE (("" ".")) NIL NIL`. */
function readNamespace(line: ByteText): ImapNamespace | undefined {
  const found = /^\* NAMESPACE \(\("((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.))"/.exec(line);
  if (found === null) return undefined;
  return { prefix: unquoted(found[1] ?? ""), separator: unquoted(found[2] ?? "") };
}

function readSubscription(line: ByteText): ByteText | undefined {
  const [, flags = "", name] = /^\* LSUB \(([^)]*)\) (?:"[^"]*"|NIL) ([\s\S]*)$/.exec(line) ?? [];
  // A parent that is only shown because of its children.
  return name === undefined || /\\Noselect/i.test(flags) ? undefined : plainString(name);
}

/** What an atom, a quoted string or a literal stands for. */
function plainString(text: ByteText): ByteText {
  if (text.startsWith('"')) return unquoted(text.slice(1, -1));
  const literal = /^\{[0-9]+\}\r\n/.exec(text)?.[0];
  return literal === undefined ? text : text.slice(literal.length);
}

/** Lines without their ends; a literal stays in the line that announces it. */
function* linesOf(text: ByteText): Generator<ByteText> {
  let start = 0;
  let from = 0;
  while (start < text.length) {
    const found = text.indexOf("\n", from);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, text[end - 1] === "\r" ? end - 1 : end);
    const literal = /\{([0-9]{1,10})\}$/.exec(line.slice(-"{4294967295}".length))?.[1];
    // One that would go on behind the end of the answers was cut off.
    if (literal !== undefined && end + 1 + Number(literal) <= text.length && line.startsWith("* ")) {
      from = end + 1 + Number(literal);
      continue;
    }
    yield line;
    start = from = end + 1;
  }
}

function unquoted(text: ByteText): ByteText {
  return text.replaceAll(/\\(.)/gs, "$1");
}
