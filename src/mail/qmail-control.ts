/** When a control file of qmail is read, and by what (their manual pages): `start` and `hangup` are qmail-send's. */
export type ControlReader = "start" | "hangup" | "each-use" | "compiled";

/** What has to be done before a changed control file counts. */
export function readerOf(file: string): ControlReader {
  if (hangup.has(file)) return "hangup";
  if (atStart.has(file)) return "start";
  return file === "morercpthosts" ? "compiled" : "each-use";
}

/** What qmail-send reads anew on SIGHUP. */
const hangup: ReadonlySet<string> = new Set(["locals", "virtualdomains"]);

/** What it reads when it starts, and then never again. `me` stands in for others that are not there. */
const atStart: ReadonlySet<string> = new Set([
  ...["bouncefrom", "bouncehost", "concurrencylocal", "concurrencyremote", "doublebouncehost"],
  ...["doublebounceto", "envnoathost", "me", "percenthack", "queuelifetime"],
]);

/** All that qmail-send reads. */
export const readBySend: readonly string[] = [...hangup, ...atStart].sort();

/** A control file of lines, and what is known of it. */
export interface ControlFile {
  readonly file: string;
  /** undefined when it is not there. */
  readonly text: string | undefined;
  /** What `me` holds: it stands in for `locals` where that is not there. */
  readonly me: string;
}

/**
 * The file with these entries in it; undefined when it stays away. `smtproutes` and `virtualdomains` have one line for a
 * name: another one of it goes. Where there is no `rcpthosts`, qmail-smtpd takes mail for every domain: none is made.
 */
export function withEntries(control: ControlFile, entries: readonly string[]): string | undefined {
  const { file, text } = control;
  if (file === "rcpthosts" && text === undefined) return undefined;
  const lines = linesOf(control);
  const missing = entries.filter((entry) => !isThere(file, lines, entry));
  if (missing.length === 0) return text;
  const names = new Set(missing.map((entry) => nameOf(file, entry)));
  const others = isMap(file)
    ? lines.filter((line) => isComment(line) || !names.has(nameOf(file, line)))
    : lines;
  return textOf([...others, ...missing]);
}

/**
 * The file without these names; undefined when it stays away. In `virtualdomains` what stands there for single addresses of the
 * domain goes too, and where a line for all domains, or all below one, would take it in, an exception is left: `example.org:`.
 */
export function withoutNames(control: ControlFile, names: readonly string[]): string | undefined {
  const { file, text } = control;
  const lines = linesOf(control);
  const gone = new Set(names.map((name) => name.toLowerCase()));
  const kept = lines.filter(
    (line) => isComment(line) || !isOneOf(gone, nameOf(file, line)) || isException(file, line),
  );
  const exceptions = file === "virtualdomains" ? exceptionsFor(kept, [...gone]) : [];
  if (kept.length === lines.length && exceptions.length === 0) return text;
  return textOf([...kept, ...exceptions]);
}

/** True when qmail-smtpd, with such an `rcpthosts`, takes mail for the domain. */
export function takesMailFor(domain: string, rcpthosts: string | undefined): boolean {
  return rcpthosts === undefined || isThere("rcpthosts", rcpthosts.split("\n"), domain);
}

/** `locals` that is not there is one that holds `me`. */
function linesOf({ file, text, me }: ControlFile): string[] {
  if (text === undefined) return file === "locals" && me !== "" ? [me] : [];
  return text.split("\n").filter((line, index, all) => line !== "" || index < all.length - 1);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function isMap(file: string): boolean {
  return file === "smtproutes" || file === "virtualdomains";
}

function isComment(line: string): boolean {
  return line.startsWith("#") || line.trim() === "";
}

/** Names of domains are the same in small and capital letters; what a line leads to is not. */
function nameOf(file: string, line: string): string {
  const entry = line.trimEnd();
  const name = isMap(file) ? (entry.split(":", 1)[0] ?? "") : entry;
  return name.toLowerCase();
}

function isThere(file: string, lines: readonly string[], entry: string): boolean {
  const name = nameOf(file, entry);
  const same = lines.filter((line) => !isComment(line) && nameOf(file, line) === name);
  if (isMap(file)) return same.length === 1 && same[0]?.trimEnd() === entry;
  if (same.length > 0) return true;
  return file === "rcpthosts" && lines.some((line) => coversName(nameOf(file, line), name));
}

/** `.example.org` covers all names below example.org. */
function coversName(pattern: string, name: string): boolean {
  return pattern.startsWith(".") && name.endsWith(pattern);
}

function isOneOf(names: ReadonlySet<string>, name: string): boolean {
  return names.has(name) || names.has(name.slice(name.lastIndexOf("@") + 1));
}

/** `example.org:` in virtualdomains says that the domain is no virtual one. */
function isException(file: string, line: string): boolean {
  return (
    file === "virtualdomains" &&
    !line.includes("@") &&
    line.trimEnd().endsWith(":") &&
    nameOf(file, line) !== ""
  );
}

function exceptionsFor(lines: readonly string[], names: readonly string[]): string[] {
  const patterns = lines
    .filter((line) => !isComment(line) && !isException("virtualdomains", line))
    .map((line) => nameOf("virtualdomains", line));
  const excepted = new Set(
    lines.filter((line) => isException("virtualdomains", line)).map((line) => nameOf("virtualdomains", line)),
  );
  return names
    .filter(
      (name) =>
        !excepted.has(name) && patterns.some((pattern) => pattern === "" || coversName(pattern, name)),
    )
    .map((name) => `${name}:`);
}
