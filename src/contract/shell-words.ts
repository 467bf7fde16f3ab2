/**
 * One word for a POSIX shell: it arrives at the command as exactly these characters.
 * The only place where Mailferry quotes. Throws RangeError for a NUL, which no command can be given.
 */
export function quoteWord(word: string): string {
  if (word.includes("\0")) throw new RangeError("a word for the shell can't hold a NUL character");
  if (plainWord.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A whole command for a POSIX shell, each word quoted. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}

/** Needs no quotes anywhere in a command. `=` and `~` are not here: they mean something at the start of a word. */
const plainWord = /^[A-Za-z0-9_@%+:,./-]+$/;
