import type { ByteText } from "./byte-text.ts";

/** What the name of a file in `cur` or `new` says. */
export interface MaildirName {
  /** The unique part: it stays when flags change. Dovecot's `,S=…,W=…` belong to it. */
  readonly base: ByteText;
  /** The letters of `:2,` in order, each once: D draft, F flagged, P passed, R replied, S seen, T trashed. */
  readonly flags: string;
  /** Dovecot's keyword letters, `a` to `z`: positions in the folder's `dovecot-keywords`. */
  readonly keywordLetters: string;
}

/** Reads a message's file name. As in Dovecot, the unique part ends at the first colon. */
export function parseMaildirName(name: ByteText): MaildirName {
  const colon = name.indexOf(":");
  if (colon === -1) return { base: name, flags: "", keywordLetters: "" };
  const base = name.slice(0, colon);
  if (!name.startsWith(":2,", colon)) return { base, flags: "", keywordLetters: "" };
  const letters = name.slice(colon + 3).split(",", 1)[0] ?? "";
  return {
    base,
    flags: lettersBetween(letters, "A", "Z"),
    keywordLetters: lettersBetween(letters, "a", "z"),
  };
}

function lettersBetween(letters: string, first: string, last: string): string {
  if (letters === "") return "";
  const found = [...letters].filter((letter) => letter >= first && letter <= last);
  return found.length < 2 ? found.join("") : [...new Set(found)].sort().join("");
}
