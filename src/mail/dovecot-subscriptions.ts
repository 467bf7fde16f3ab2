import type { ByteText } from "./byte-text.ts";

/**
 * Reads Dovecot's `subscriptions`: the parts of each subscribed folder's name. Version 2 (`V\t2`, an empty line, parts
 * set apart by tabs) and the older form (one name a line, parts set apart by `separator`) give the same.
 */
export function parseSubscriptions(text: ByteText, separator = "."): ByteText[][] {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const isSecond = /^V\t[0-9]+$/.test(lines[0] ?? "");
  const names = isSecond ? lines.slice(1) : lines;
  return names
    .filter((name) => name !== "")
    .map((name) => (isSecond ? name.split("\t").map(tabUnescaped) : name.split(separator)));
}

/** Dovecot's str_tabunescape: \x01 and a digit stand for a byte that could not be written. */
function tabUnescaped(text: ByteText): ByteText {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: \x01 is Dovecot's escape character.
  return text.replaceAll(/\x01([01tnr])/g, (_all, code: string) => unescapes[code] ?? code);
}

const unescapes: Readonly<Record<string, string>> = { "0": "\0", "1": "\x01", t: "\t", n: "\n", r: "\r" };
