import type { ByteText } from "./byte-text.ts";

/** Reads `dovecot-keywords` (`0 $Forwarded`, one a line): keyword names by position. */
export function parseKeywords(text: ByteText): ReadonlyMap<number, ByteText> {
  const names = new Map<number, ByteText>();
  for (const line of text.split("\n")) {
    const [, position, name] = /^([0-9]+) (.+)$/.exec(line) ?? [];
    if (position !== undefined && name !== undefined) names.set(Number(position), name);
  }
  return names;
}

/**
 * The names behind the keyword letters of a file name (`a` is position 0), in order. A letter without a name is
 * kept as `?a`, so that a lost `dovecot-keywords` shows.
 */
export function keywordNames(letters: string, names: ReadonlyMap<number, ByteText>): ByteText[] {
  if (letters === "") return [];
  return [...letters].map((letter) => names.get(letter.charCodeAt(0) - 97) ?? `?${letter}`).sort();
}
