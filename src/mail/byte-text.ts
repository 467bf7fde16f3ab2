/**
 * Bytes of a file name or a small file, held as a string with one character a byte (latin1). Names on a mail
 * server need not be UTF-8; a lossy decoding would make two of them one.
 */
export type ByteText = string;

/** Bytes as a person reads them: UTF-8 where they are, `\xNN` for every other byte and for control characters. */
export function readable(bytes: ByteText): string {
  const buffer = Buffer.from(bytes, "latin1");
  const text = buffer.toString("utf8");
  const isUtf8 = Buffer.from(text, "utf8").equals(buffer);
  return (isUtf8 ? text : bytes).replaceAll(isUtf8 ? controls : controlsAndHigh, escaped);
}

/** Orders byte text by its bytes, as `LC_ALL=C sort` does. */
export function compareBytes(a: ByteText, b: ByteText): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controls = /[\u0000-\u001f\u007f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controlsAndHigh = /[\u0000-\u001f\u007f-\u00ff]/g;

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
