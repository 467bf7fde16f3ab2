/** The names that `tar --list --quoting-style=escape` printed, as they are, without slashes at either end; "." is left out. */
export function namesListed(printed: Buffer): string[] {
  return printed
    .toString("latin1")
    .split("\n")
    .map((line) => unescaped(line).replace(/^(?:\.?\/)+|\/+$/g, ""))
    .filter((name) => name !== "" && name !== ".")
    .map((name) => Buffer.from(name, "latin1").toString("utf8"));
}

/** Undoes what tar writes for characters that can't be printed: `\n`, `\\`, `\303` … */
function unescaped(line: string): string {
  return line.replace(/\\(?:([0-7]{3})|(.))/g, (_all, octal?: string, letter = "") =>
    octal === undefined ? (letters[letter] ?? letter) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

const letters: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
