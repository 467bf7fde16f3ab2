import type { ByteText } from "./byte-text.ts";
import type { LedgerMessage } from "./ledger.ts";

/** What a part of a unique id is made of. */
interface MadeOf {
  readonly of: (message: UidlSource) => string | undefined;
  /** Hexadecimal, with zeros in front up to this length. */
  readonly hexDigits: number | undefined;
}

type UidlSource = LedgerMessage & { readonly uidValidity: number | undefined };

/**
 * Dovecot's `pop3_uidl_format` in 2.4's spelling, whether 2.4 (`%{uid | hex(8)}%{uidvalidity | hex(8)}`) or an earlier one
 * (`%08Xu%08Xv`) says it: two that are the same give the same ids. What has no such spelling stays as it is.
 */
export function commonUidlFormat(format: string): string {
  return format
    .replaceAll(/%\{([^}]*)\}/g, (_all, inner: string) => `%{${inner.replaceAll(/\s+/g, "")}}`)
    .replaceAll(/%(0[0-9]+)?(X)?([uvfgm])/g, (all, width: string | undefined, hex, letter: string) => {
      if (width !== undefined && hex === undefined) return all;
      const filter = hex === undefined ? "" : `|hex(${width === undefined ? "" : Number(width)})`;
      return `%{${words[letter]}${filter.replace("()", "")}}`;
    });
}

const words: Readonly<Record<string, string>> = {
  u: "uid",
  v: "uidvalidity",
  f: "filename",
  g: "guid",
  m: "md5",
};

/** Tells by which unique id POP3 shows a message. */
export type UidlMaker = (message: UidlSource) => ByteText | undefined;

/**
 * Makes a function that tells by which unique id Dovecot shows a message to POP3 clients. undefined for a format that needs
 * more than a ledger holds. The function gives undefined for a message that has no UID yet: no client knows it.
 */
export function uidlMaker(format: string): UidlMaker | undefined {
  const parts = commonUidlFormat(format)
    .split(/(%\{[^}]*\})/)
    .map((part) => (part.startsWith("%{") ? readPart(part.slice(2, -1)) : part));
  if (parts.some((part) => part === undefined || (typeof part === "string" && part.includes("%")))) {
    return undefined;
  }
  return (message) => {
    if (message.uidl !== undefined) return message.uidl;
    if (message.uid === undefined || message.uidValidity === undefined) return undefined;
    return parts.map((part) => (typeof part === "object" ? shown(part, message) : (part ?? ""))).join("");
  };
}

function readPart(text: string): MadeOf | undefined {
  // RFC 1939, section 7: an id has at most 70 characters, so more than two digits of width make none.
  const [, name = "", hex, digits = "0"] = /^([a-z0-9]+)(\|hex(?:\(([0-9]{1,2})\))?)?$/.exec(text) ?? [];
  const of = sources.get(name);
  return of === undefined ? undefined : { of, hexDigits: hex === undefined ? undefined : Number(digits) };
}

const sources: ReadonlyMap<string, MadeOf["of"]> = new Map<string, MadeOf["of"]>([
  ["uid", ({ uid }) => uid?.toString()],
  ["uidvalidity", ({ uidValidity }) => uidValidity?.toString()],
  ["filename", ({ base }) => base],
  ["guid", ({ base, guid = base }) => guid],
]);

function shown({ of, hexDigits }: MadeOf, message: UidlSource): string {
  const value = of(message) ?? "";
  return hexDigits === undefined ? value : Number(value).toString(16).padStart(hexDigits, "0");
}

/** What a POP3 session lists: the unique ids of all messages, and why it did not come to its end if so. */
export interface UidlView {
  readonly uidls: ReadonlySet<ByteText>;
  /** Messages; more than `uidls` where two have the same id. */
  readonly count: number;
  readonly problem: string | undefined;
}

/** Lists the unique ids, and changes nothing. */
export const uidlDialogue = "UIDL\r\n";

/** Reads the answers to that. Lines that are no POP3 are what the program said beside it. */
export function parseUidlDialogue(answers: ByteText): UidlView {
  const uidls = new Set<ByteText>();
  const said: ByteText[] = [];
  let count = 0;
  let isListed = false;
  for (const line of answers.split(/\r?\n/)) {
    const [, uidl] = /^[0-9]+ (\S+)$/.exec(line) ?? [];
    if (uidl !== undefined) {
      uidls.add(uidl);
      count += 1;
    } else if (line === ".") isListed = true;
    else if (line !== "" && !line.startsWith("+OK")) said.push(line);
  }
  const problem = isListed ? undefined : (said.at(-1) ?? "no answer");
  return { uidls, count, problem };
}
