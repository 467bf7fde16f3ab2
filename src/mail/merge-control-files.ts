import type { ByteText } from "./byte-text.ts";
import { parseKeywords } from "./dovecot-keywords.ts";
import { parseSubscriptions } from "./dovecot-subscriptions.ts";
import { parseUidlist } from "./dovecot-uidlist.ts";
import { parseMaildirName } from "./maildir-name.ts";

/** A control file of Dovecot with what another host's has more. */
export interface MergedControl {
  /** undefined where nothing is to be written. */
  readonly text?: ByteText | undefined;
  /** Why not all of it could be joined, in words. */
  readonly conflict?: string | undefined;
}

/**
 * Joins two `dovecot-uidlist`s of one folder: messages that only `more` lists keep the UID that clients saw there, and the
 * next UID is higher than any that was given on either side. Where the two can't be one list, `own` stays, with the higher
 * next UID: a message gets a new UID then, and none that a client knows another message by. With `names` messages are matched by
 * these, and those that come are listed under them.
 */
export function mergeUidlists(
  own: ByteText | undefined,
  more: ByteText,
  names: { readonly own: NameOf; readonly more: NameOf } = { own: asItIs, more: asItIs },
): MergedControl {
  if (own === undefined) return { text: renamedIn(more, names.more) };
  // Of a message here that is gone the record stays, under a name that no message has.
  const ours = recordsIn(own, (base) => names.own(base) ?? `//${base}`);
  const theirs = recordsIn(more, names.more);
  if (ours === undefined || theirs === undefined) return { conflict: "a uidlist of an unknown form" };
  const [before, after] = [parseUidlist(own), parseUidlist(more)];
  if (before.uidValidity !== after.uidValidity) return { conflict: "another UIDVALIDITY" };
  const nextUid = Math.max(before.nextUid ?? 1, after.nextUid ?? 1);
  const taken = new Map([...ours].map(([base, { uid }]) => [uid, base]));
  const added = [...theirs].filter(([base]) => !ours.has(base));
  const differs = [...theirs].some(([base, { uid }]) => ours.has(base) && ours.get(base)?.uid !== uid);
  const conflict = differs || added.some(([, { uid }]) => taken.has(uid)) ? "other UIDs" : undefined;
  const come = added.map(([name, { uid, line }]) => ({ uid, line: underName(line, name) }));
  const records = [...ours.values(), ...(conflict === undefined ? come : [])];
  const lines = records.sort((a, b) => a.uid - b.uid).map(({ line }) => `${line}\n`);
  const header = (own.split("\n", 1)[0] ?? "").replace(/(?<= )N[0-9]+/, `N${nextUid}`);
  const isSame = nextUid === before.nextUid && (conflict !== undefined || added.length === 0);
  return { text: isSame ? undefined : `${header}\n${lines.join("")}`, conflict };
}

/** What a message is known by, by its base name; undefined for one that is not there any more. */
export type NameOf = (base: ByteText) => ByteText | undefined;

const asItIs: NameOf = (base) => base;

interface UidRecord {
  readonly uid: number;
  readonly line: ByteText;
}

/** The lines of a list of version 3 by name, the last one of each; undefined for any other form. */
function recordsIn(text: ByteText, nameOf: NameOf): Map<ByteText, UidRecord> | undefined {
  const [header = "", ...lines] = text.split("\n");
  if (!/^3 .*\bN[0-9]+/.test(header)) return undefined;
  const records = new Map<ByteText, UidRecord>();
  for (const line of lines) {
    if (line === "") continue;
    const [, uid, file = ""] = recordLine.exec(line) ?? [];
    if (uid === undefined) return undefined;
    const name = nameOf(parseMaildirName(file).base);
    if (name !== undefined) records.set(name, { uid: Number(uid), line });
  }
  return records;
}

const recordLine = /^([0-9]{1,10}) (?:.*? )?:(.+)$/s;

/** A record as it is for a message whose file gets that name. */
function underName(line: ByteText, name: ByteText): ByteText {
  const file = recordLine.exec(line)?.[2] ?? "";
  if (parseMaildirName(file).base === name) return line;
  // Where the GUID is the name, nothing has to be said of it: Dovecot can't read one that has blanks.
  return `${line.slice(0, line.length - file.length)}${name}`.replace(`G${name} :`, () => ":");
}

/** A list without the messages that have no name. */
function renamedIn(text: ByteText, nameOf: NameOf): ByteText {
  const [header = "", ...lines] = text.split("\n");
  const kept = lines.flatMap((line) => {
    const file = recordLine.exec(line)?.[2];
    if (file === undefined) return [line];
    const name = nameOf(parseMaildirName(file).base);
    return name === undefined ? [] : [underName(line, name)];
  });
  return [header, ...kept].join("\n");
}

/** Dovecot has letters for so many keywords of a folder. */
const mostKeywords = 26;

export interface MergedKeywords extends MergedControl {
  /** The letter that stands in `own`'s folder for a letter of `more`'s; undefined where there is none left for it. */
  letterFor(letter: string): string | undefined;
}

/** Joins two `dovecot-keywords` of one folder. No letter of `own` gets another meaning. */
export function mergeKeywords(own: ByteText | undefined, more: ByteText): MergedKeywords {
  const names = new Map(parseKeywords(own ?? ""));
  const letters = new Map<string, string>();
  let isGrown = false;
  for (const [position, name] of parseKeywords(more)) {
    const known = [...names].find(([, other]) => other === name)?.[0];
    const place = known ?? (names.has(position) ? freePlace(names) : position);
    if (place === undefined) continue;
    if (known === undefined) isGrown = true;
    names.set(place, name);
    letters.set(letterAt(position), letterAt(place));
  }
  const lines = [...names].sort(([a], [b]) => a - b).map(([position, name]) => `${position} ${name}\n`);
  const dropped = [...parseKeywords(more).keys()].some((position) => !letters.has(letterAt(position)));
  return {
    text: isGrown ? lines.join("") : undefined,
    conflict: dropped ? "more keywords than a folder has letters for" : undefined,
    letterFor: (letter) => letters.get(letter),
  };
}

function freePlace(names: ReadonlyMap<number, ByteText>): number | undefined {
  return Array.from({ length: mostKeywords }, (_none, place) => place).find((place) => !names.has(place));
}

function letterAt(position: number): string {
  return String.fromCharCode(97 + position);
}

/** Joins two `subscriptions` of one Maildir: nobody's subscription goes. */
export function mergeSubscriptions(own: ByteText | undefined, more: ByteText): MergedControl {
  if (own === undefined) return { text: more };
  const known = new Set(parseSubscriptions(own).map((parts) => parts.join("\0")));
  const missing = parseSubscriptions(more).filter((parts) => !known.has(parts.join("\0")));
  if (missing.length === 0) return {};
  const isSecond = /^V\t[0-9]+\n/.test(own);
  const lines = missing.map((parts) => (isSecond ? parts.map(tabEscaped).join("\t") : parts.join(".")));
  const before = own === "" || own.endsWith("\n") ? own : `${own}\n`;
  return { text: `${before}${lines.map((line) => `${line}\n`).join("")}` };
}

function tabEscaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: \x01 is Dovecot's escape character.
  return text.replaceAll(/[\x00\x01\t\n\r]/g, (found) => `\x01${escapes[found]}`);
}

const escapes: Readonly<Record<string, string>> = { "\0": "0", "\x01": "1", "\t": "t", "\n": "n", "\r": "r" };
