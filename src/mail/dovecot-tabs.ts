/** Undoes Dovecot's str_tabescape: \x01 and a character stand for what would break a line of fields. */
export function tabUnescaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: \x01 is Dovecot's escape character.
  return text.replaceAll(/\x01([01tnr])/g, (_all, code: string) => unescapes[code] ?? code);
}

const unescapes: Readonly<Record<string, string>> = { "0": "\0", "1": "\x01", t: "\t", n: "\n", r: "\r" };
