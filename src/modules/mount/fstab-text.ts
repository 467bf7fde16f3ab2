import { linesOf, textOf } from "../text-lines.ts";

/** One line of fstab, with blanks as they are in the path. */
export interface FstabEntry {
  readonly src: string;
  readonly path: string;
  readonly fstype: string;
  readonly opts: string;
  readonly dump: string;
  readonly passno: string;
}

/** The entry for a path; for swap, which has none, the one with the same source. */
export function entryFor(text: string, wanted: Pick<FstabEntry, "path" | "src">): FstabEntry | undefined {
  return linesOf(text)
    .map(entryOf)
    .find((entry) => entry !== undefined && isSamePlace(entry, wanted));
}

/** The text with the entry in it, and no other one for its path; the same text when it is so. Other lines stay. */
export function withEntry(text: string, wanted: FstabEntry): string {
  const lines = linesOf(text);
  const places = lines.flatMap((line, index) => (isFor(line, wanted) ? [index] : []));
  const [first, ...others] = places;
  if (first === undefined) return textOf([...lines, lineOf(wanted)]);
  const isSame = JSON.stringify(entryOf(lines[first] ?? "")) === JSON.stringify(wanted);
  if (isSame && others.length === 0) return text;
  const changed = isSame ? lines : lines.with(first, lineOf(wanted));
  return textOf(changed.filter((_line, index) => !others.includes(index)));
}

/** The text without an entry for the path. */
export function withoutEntry(text: string, wanted: Pick<FstabEntry, "path" | "src">): string {
  const lines = linesOf(text);
  const kept = lines.filter((line) => !isFor(line, wanted));
  return kept.length === lines.length ? text : textOf(kept);
}

/** "\040" as a blank: fstab and /proc write it so, because blanks part their fields. */
export function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function escaped(field: string): string {
  return field.replaceAll(/[\\ \t#]/g, (mark) => `\\${mark.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

function isFor(line: string, wanted: Pick<FstabEntry, "path" | "src">): boolean {
  const entry = entryOf(line);
  return entry !== undefined && isSamePlace(entry, wanted);
}

function isSamePlace(entry: FstabEntry, wanted: Pick<FstabEntry, "path" | "src">): boolean {
  if (entry.path === "none" || entry.path === "swap") {
    return entry.path === wanted.path && entry.src === wanted.src;
  }
  return withoutLastSlash(entry.path) === withoutLastSlash(wanted.path);
}

function withoutLastSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

function entryOf(line: string): FstabEntry | undefined {
  const fields = line.trim().split(/\s+/);
  const [src = "", path, fstype = "", opts = "defaults", dump = "0", passno = "0"] = fields;
  if (src === "" || src.startsWith("#") || path === undefined) return undefined;
  return { src: unescaped(src), path: unescaped(path), fstype, opts: unescaped(opts), dump, passno };
}

function lineOf({ src, path, fstype, opts, dump, passno }: FstabEntry): string {
  return [escaped(src), escaped(path), fstype, escaped(opts), dump, passno].join(" ");
}
