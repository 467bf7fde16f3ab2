import type { ByteText } from "./byte-text.ts";
import { inStep } from "./in-step.ts";
import { type ListedMessage, messageKey, messagePath } from "./message-listing.ts";

/** What one host's messages need to be on another one, too. Nothing of it removes a message, or writes over one. */
export interface MergePlan {
  /** Messages that only the other host has: where they lie there, and where they go here. */
  readonly add: readonly MovedPath[];
  /** Messages of both whose flags were changed there: the name here, and the new one. */
  readonly rename: readonly MovedPath[];
}

export interface MovedPath {
  readonly from: ByteText;
  readonly to: ByteText;
}

/** Hears of each message that is not simply on both. */
export interface MergeListener {
  /** `kept`: it is gone there and stays here. `clash`: another message here has its name; it comes under a new one. */
  onMessage(what: "added" | "flags" | "kept" | "clash", path: ByteText): void;
}

export interface MergeRules extends MergeListener {
  /** The other host kept its mail in another format: messages of one name are the same, whatever their files' sizes. */
  readonly isConverted?: boolean;
}

/** How the letters of a folder's keywords there are written here; undefined for one that has no letter here. */
export type LetterFor = (folder: ByteText, letter: string) => string | undefined;

/**
 * Compares the messages here with those there, each in the order of `messageKey`. Nobody changed anything here since the
 * two were the same, so flags that differ were changed there, and theirs are the last ones.
 */
export async function planMerge(
  here: AsyncIterator<ListedMessage>,
  there: AsyncIterator<ListedMessage>,
  letterFor: LetterFor,
  { onMessage, isConverted = false }: MergeRules,
): Promise<MergePlan> {
  const add: MovedPath[] = [];
  const rename: MovedPath[] = [];
  const clashes: ListedMessage[] = [];
  const brought = new Set<ByteText>();
  for await (const [own, other] of inStep(here, there, messageKey)) {
    if (own !== undefined && isBroughtName(own.base)) brought.add(sizedKey(own));
    if (other === undefined) {
      if (own !== undefined && !isBroughtName(own.base)) onMessage("kept", messagePath(own));
      continue;
    }
    const wanted = { ...other, base: other.name ?? other.base, rest: rewritten(other, letterFor) };
    if (own === undefined) {
      add.push({ from: messagePath(other), to: messagePath(wanted) });
      onMessage("added", messagePath(other));
    } else if (own.sizeBytes !== other.sizeBytes && !isConverted) {
      clashes.push(other);
    } else {
      const to = messagePath(withFlagsOf(wanted, own));
      if (messagePath(own) === to) continue;
      rename.push({ from: messagePath(own), to });
      onMessage("flags", messagePath(other));
    }
  }
  for (const message of clashes) {
    const renamed = { ...message, base: broughtName(message.base), rest: rewritten(message, letterFor) };
    if (brought.has(sizedKey(renamed))) continue;
    add.push({ from: messagePath(message), to: messagePath(renamed) });
    onMessage("clash", messagePath(message));
  }
  return { add, rename };
}

/** The message here as it is there. What a client has seen here is not new again. */
function withFlagsOf({ place, rest }: ListedMessage, own: ListedMessage): ListedMessage {
  if (own.place === "new") return { ...own, place, rest };
  return { ...own, rest: rest === "" && place === "new" ? ":2," : rest };
}

/** Gives each message there that is not here, by name and size. It may be here under the name that a clash gave it. */
export async function* missingMessages(
  here: AsyncIterator<ListedMessage>,
  there: AsyncIterator<ListedMessage>,
  onBoth: () => void,
  { isConverted = false }: Pick<MergeRules, "isConverted"> = {},
): AsyncGenerator<ListedMessage> {
  const brought = new Set<ByteText>();
  const clashes: ListedMessage[] = [];
  for await (const [own, other] of inStep(here, there, messageKey)) {
    if (own !== undefined && isBroughtName(own.base)) brought.add(sizedKey(own));
    if (other === undefined) continue;
    if (own === undefined) yield other;
    else if (own.sizeBytes === other.sizeBytes || isConverted) onBoth();
    else clashes.push(other);
  }
  for (const message of clashes) {
    if (brought.has(sizedKey({ ...message, base: broughtName(message.base) }))) onBoth();
    else yield message;
  }
}

/** The name of a message whose own one is taken here: always the same, so that it is found again. */
export function broughtName(base: ByteText): ByteText {
  const comma = base.indexOf(",");
  return comma === -1 ? `${base}${mark}` : `${base.slice(0, comma)}${mark}${base.slice(comma)}`;
}

const mark = ".mailferry-back";

function isBroughtName(base: ByteText): boolean {
  return base.split(",", 1)[0]?.endsWith(mark) === true;
}

function sizedKey(message: Pick<ListedMessage, "folder" | "base" | "sizeBytes">): ByteText {
  return `${messageKey(message)}${message.sizeBytes}`;
}

function rewritten({ folder, rest }: ListedMessage, letterFor: LetterFor): ByteText {
  const [, letters, tail = ""] = /^:2,([A-Za-z]*)(.*)$/s.exec(rest) ?? [];
  if (letters === undefined || !/[a-z]/.test(letters)) return rest;
  const own = [...letters].flatMap((letter) =>
    letter >= "a" && letter <= "z" ? (letterFor(folder, letter) ?? []) : letter,
  );
  return `:2,${own.sort().join("")}${tail}`;
}
