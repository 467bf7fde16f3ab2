import { styleText } from "node:util";
import { wrapAnsi } from "fast-wrap-ansi";

/** What a line means; colour is made from it, and never carries anything that the words don't. */
export type Tone =
  | "plain"
  | "strong"
  | "faint"
  | "ok"
  | "changed"
  | "skipped"
  | "failed"
  | "warning"
  | "added"
  | "removed";

/** One line for a person, without its line end. */
export interface Line {
  readonly text: string;
  readonly tone: Tone;
  /** Only the first so many characters take the tone. */
  readonly toneWidth?: number | undefined;
  /** Where wrapped lines go on; undefined leaves the line as long as it is (tables, diffs, output of a command). */
  readonly hangingIndent?: number | undefined;
}

export interface PaintOptions {
  readonly color: boolean;
  /** Columns of the terminal; undefined wraps nothing. */
  readonly width?: number | undefined;
}

/** Lines as text for a terminal or a file, ending in a line end. */
export function paintLines(lines: readonly Line[], options: PaintOptions): string {
  return lines.map((line) => `${paintLine(line, options)}\n`).join("");
}

function paintLine(line: Line, { color, width }: PaintOptions): string {
  const wrapped = wrapLine(line, width);
  const { tone, toneWidth = wrapped.length } = line;
  if (!color || tone === "plain") return wrapped;
  // Each line on its own: a pager that starts in the middle would miss the colour otherwise.
  const painted = wrapped
    .slice(0, toneWidth)
    .split("\n")
    .map((part) => paint(part, tone))
    .join("\n");
  return painted + wrapped.slice(toneWidth);
}

function wrapLine({ text, hangingIndent }: Line, width: number | undefined): string {
  if (width === undefined || hangingIndent === undefined || text.length <= width) return text;
  const first = wrapAnsi(text, width, { hard: true, trim: false }).split("\n")[0] ?? "";
  const rest = text.slice(first.length).trimStart();
  if (rest === "") return text;
  const room = Math.max(20, width - hangingIndent);
  const wrapped = wrapAnsi(rest, room, { hard: true }).split("\n");
  return [first.trimEnd(), ...wrapped.map((part) => " ".repeat(hangingIndent) + part)].join("\n");
}

function paint(text: string, tone: Exclude<Tone, "plain">): string {
  return text === "" ? text : styleText(styles[tone], text, { validateStream: false });
}

const styles = {
  strong: "bold",
  faint: "dim",
  ok: "green",
  changed: "yellow",
  skipped: "cyan",
  failed: "red",
  warning: "magenta",
  added: "green",
  removed: "red",
} as const satisfies Record<Exclude<Tone, "plain">, string>;
