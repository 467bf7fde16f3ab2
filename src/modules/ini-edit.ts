import { takeLines } from "./line-edit.ts";

/** What an INI text shall hold, or shall hold no more. */
export interface WantedOption {
  /** undefined: what stands before the first section. */
  readonly section: string | undefined;
  /** undefined: it is about the section itself. */
  readonly option: string | undefined;
  /** Values of the option, each in a line of its own; undefined stands for an option without one. */
  readonly values: readonly (string | undefined)[];
  /** No other values of the option stay. */
  readonly exclusive: boolean;
  /** What stands between option and value. */
  readonly separator: string;
  /** A line of the option that is commented out is used before a new one is added. */
  readonly modifyInactive: boolean;
}

/** The text with the section and the option's values in it; the same text when they are there already. */
export function withOption(text: string, wanted: WantedOption): string {
  return editLines(text, (lines) => {
    const range = findSection(lines, wanted.section);
    if (range === undefined) return [...lines, `[${wanted.section}]`, ...allLines(wanted)];
    if (wanted.option === undefined) return lines;
    return within(lines, range, (part) => withValues(part, wanted));
  });
}

/** The text without the option (when `values` are given, without these alone unless it is exclusive), or without the section. */
export function withoutOption(text: string, wanted: WantedOption): string {
  const { section, option, exclusive, values } = wanted;
  return editLines(text, (lines) => {
    const range = findSection(lines, section);
    if (range === undefined) return lines;
    if (option === undefined) return within(lines, range, () => []);
    const goes = (line: string) => {
      const found = optionIn(line, option);
      return found !== undefined && !found.inactive && (exclusive || values.includes(found.value));
    };
    return within(lines, range, (part) => part.filter((line) => !goes(line)));
  });
}

function withValues(part: readonly string[], wanted: WantedOption): string[] {
  const { option = "", exclusive } = wanted;
  const lines: (string | undefined)[] = [...part];
  const missing = [...wanted.values];
  const others: number[] = [];
  const inactive: number[] = [];
  for (const [index, line] of part.entries()) {
    const found = optionIn(line, option);
    if (found === undefined) continue;
    const same = missing.indexOf(found.value);
    if (found.inactive) inactive.push(index);
    else if (same !== -1) missing.splice(same, 1);
    else others.push(index);
  }
  // What has another value is used before what is commented out, and that before a new line.
  const free = [...(exclusive ? others : []), ...(wanted.modifyInactive ? inactive : [])];
  const used = free.slice(0, missing.length);
  for (const index of used) lines[index] = lineFor(wanted, missing.shift(), part[index]);
  if (exclusive) for (const index of others) if (!used.includes(index)) lines[index] = undefined;
  lines.splice(placeForNew(part, option), 0, ...missing.map((value) => lineFor(wanted, value)));
  return lines.filter((line) => line !== undefined);
}

/** Behind the option's last line, or else behind the last one that is not empty. */
function placeForNew(part: readonly string[], option: string): number {
  const last = part.findLastIndex((line) => optionIn(line, option)?.inactive === false);
  return (last === -1 ? part.findLastIndex((line) => line.trim() !== "") : last) + 1;
}

function allLines(wanted: WantedOption): string[] {
  return wanted.option === undefined ? [] : wanted.values.map((value) => lineFor(wanted, value));
}

function lineFor({ option = "", separator }: WantedOption, value: string | undefined, replaced = ""): string {
  const indent = /^[ \t]*(?![#; \t])/.exec(replaced)?.[0] ?? "";
  return value === undefined ? `${indent}${option}` : `${indent}${option}${separator}${value}`.trimEnd();
}

/** The option's value in a line; undefined when the line is about something else. */
function optionIn(
  line: string,
  option: string,
): { inactive: boolean; value: string | undefined } | undefined {
  const [, comment = "", rest = ""] = /^[ \t]*([#;]?)[ \t]*(.*?)[ \t]*$/s.exec(line) ?? [];
  if (!rest.startsWith(option)) return undefined;
  const behind = /^[ \t]*(?:=[ \t]*(.*))?$/s.exec(rest.slice(option.length));
  return behind === null ? undefined : { inactive: comment !== "", value: behind[1] };
}

/** Where a section begins, with its header, and ends. What has no section begins the text, even when nothing is there. */
function findSection(
  lines: readonly string[],
  section: string | undefined,
): readonly [number, number] | undefined {
  const start = section === undefined ? 0 : lines.findIndex((line) => headerIn(line) === section);
  if (start === -1) return undefined;
  const from = section === undefined ? start : start + 1;
  const next = lines.findIndex((line, index) => index >= from && headerIn(line) !== undefined);
  return [start, next === -1 ? lines.length : next];
}

function headerIn(line: string): string | undefined {
  return /^[ \t]*\[(.*)\][ \t]*(?:[#;].*)?$/.exec(line)?.[1];
}

function within(
  lines: readonly string[],
  [start, end]: readonly [number, number],
  edit: (part: readonly string[]) => readonly string[],
): string[] {
  return [...lines.slice(0, start), ...edit(lines.slice(start, end)), ...lines.slice(end)];
}

function editLines(text: string, edit: (lines: readonly string[]) => readonly string[]): string {
  const { lines, lineEnd } = takeLines(text);
  const edited = edit(lines);
  const isSame = edited.length === lines.length && edited.every((line, index) => line === lines[index]);
  return isSame ? text : edited.map((line) => line + lineEnd).join("");
}
