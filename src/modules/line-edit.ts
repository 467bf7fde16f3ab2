/** Where in a text something new goes. */
export interface WantedPlace {
  /** Added after the last line that matches, or at the end. */
  readonly after?: RegExp | undefined;
  /** Added before the last line that matches, or at the end; "start" is before all others. */
  readonly before?: RegExp | "start" | undefined;
}

/** Which line a text shall hold, and where it goes when it has to be added. */
export interface WantedLine extends WantedPlace {
  readonly line: string;
  /** The last line that matches is replaced. */
  readonly regexp?: RegExp | undefined;
}

/** The text with the line in it; the same text when it is there already. Only the lines concerned change. */
export function withLine(text: string, wanted: WantedLine): string {
  const { lines, lineEnd } = takeLines(text);
  const same = wanted.regexp ?? wanted.line;
  const found = lines.findLastIndex((line) => isSame(line, same));
  const replaced = found === -1 ? lines.indexOf(wanted.line) : found;
  if (replaced === -1) lines.splice(placeFor(lines, wanted), 0, wanted.line);
  else if (lines[replaced] === wanted.line) return text;
  else lines[replaced] = wanted.line;
  return lines.map((line) => line + lineEnd).join("");
}

/** The text without each line that matches; the same text when there is none. */
export function withoutLine(text: string, same: RegExp | string): string {
  const { lines, lineEnd, endsOpen } = takeLines(text);
  const kept = lines.filter((line) => !isSame(line, same));
  if (kept.length === lines.length) return text;
  const joined = kept.map((line) => line + lineEnd).join("");
  return endsOpen ? joined.slice(0, -lineEnd.length) : joined;
}

/** The index at which something new goes in. */
export function placeFor(lines: readonly string[], { after, before }: WantedPlace): number {
  if (before === "start") return 0;
  if (after !== undefined) {
    const found = lines.findLastIndex((line) => after.test(line));
    if (found !== -1) return found + 1;
  }
  if (before !== undefined) {
    const found = lines.findLastIndex((line) => before.test(line));
    if (found !== -1) return found;
  }
  return lines.length;
}

function isSame(line: string, same: RegExp | string): boolean {
  return typeof same === "string" ? line === same : same.test(line);
}

/** The lines without their ends. A file with Windows line ends keeps them. */
export function takeLines(text: string): { lines: string[]; lineEnd: string; endsOpen: boolean } {
  const lineEnd = text.includes("\r\n") && !/(?<!\r)\n/.test(text) ? "\r\n" : "\n";
  const lines = text.split(lineEnd);
  const endsOpen = lines.at(-1) !== "";
  if (!endsOpen) lines.pop();
  return { lines, lineEnd, endsOpen };
}
