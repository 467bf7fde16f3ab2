import measureWidth from "fast-string-truncated-width";
import type { Place, Problem } from "../contract/errors.ts";

/** Gives the text of a file that a problem points into, or undefined when it can't be had. */
export type ReadSource = (file: string) => string | undefined;

/**
 * Problems as text for a person: message and place, the line with a caret under the spot, the way out.
 * In the order of files and lines; the same problem is told once.
 */
export function formatProblems(problems: readonly Problem[], readSource: ReadSource): string {
  return sortProblems(problems)
    .map((problem) => formatProblem(problem, readSource))
    .join("\n\n");
}

/** Problems by file (`first` before all others), line and column, without doubles. */
export function sortProblems(problems: readonly Problem[], first?: string): readonly Problem[] {
  const seen = new Set<string>();
  const different = problems.filter((problem) => {
    const key = JSON.stringify([problem.place, problem.message]);
    return !seen.has(key) && seen.add(key);
  });
  const files = [first, ...different.map(({ place }) => place?.file ?? "").sort()];
  return different.toSorted(
    (a, b) =>
      files.indexOf(a.place?.file) - files.indexOf(b.place?.file) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}

/** A place as editors and terminals know it: `file:line:col`. */
export function formatPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

function formatProblem({ message, place, hint, severity, chain }: Problem, readSource: ReadSource): string {
  const word = severity === "warning" ? "warning: " : "";
  const head = place === undefined ? `${word}${message}` : `${formatPlace(place)}: ${word}${message}`;
  const excerpt = place === undefined ? [] : excerptOf(place, readSource(place.file));
  const way = chain === undefined ? [] : [`    in ${chain.join(" → ")}`];
  return [head, ...excerpt, ...way, ...(hint === undefined ? [] : [`    → ${hint}`])].join("\n");
}

/** The line of a place with a caret under the spot; nothing where the line can't be had. `widest`: longer ones are cut. */
export function excerptOf(
  { line, column }: Place,
  source: string | undefined,
  widest: number = widestLine,
): string[] {
  const text = source?.split(/\r?\n/)[line - 1];
  if (text === undefined || text.trim() === "" || text.includes("\0")) return [];
  const spot = Math.min(column, text.length + 1) - 1;
  // A tab is one blank here, since terminals disagree on its width; so are characters that would steer the terminal.
  const { shown, before } = window(maskSecrets(text.replaceAll(/\p{Cc}/gu, " "), spot), widest);
  const gutter = String(line).padStart(5);
  return [
    `${gutter} | ${shown}`,
    `${" ".repeat(gutter.length)} | ${" ".repeat(measureWidth(before).width)}^`,
  ];
}

interface Line {
  readonly text: string;
  /** The offset that the caret stands under. */
  readonly spot: number;
}

/** What looks like a password in a file is not shown; the spot moves with the text behind it. */
function maskSecrets(text: string, spot: number): Line {
  let masked = "";
  let end = 0;
  let moved = spot;
  for (const match of text.matchAll(secret)) {
    const [whole, key = ""] = match;
    const begin = match.index + key.length;
    const after = match.index + whole.length;
    masked += `${text.slice(end, begin)}${mask}`;
    if (spot >= after) moved += mask.length - (after - begin);
    else if (spot >= begin) moved = masked.length - mask.length;
    end = after;
  }
  return { text: masked + text.slice(end), spot: moved };
}

const mask = "********";
const secret =
  /((?:pass(?:word|phrase)?|secret|token)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,}#{][^,}#]*?(?=\s*(?:[,}#]|$)))/gi;

const widestLine = 120;

/** A long line is cut to the part round the spot. Gives what is shown, and what of it stands before the spot. */
function window({ text, spot }: Line, widest: number): { readonly shown: string; readonly before: string } {
  if (text.length <= widest) return { shown: text, before: text.slice(0, spot) };
  const start = Math.max(0, Math.min(spot - Math.floor(widest / 2), text.length - widest));
  const head = start > 0 ? "…" : "";
  const tail = start + widest < text.length ? "…" : "";
  const before = head + text.slice(start, spot);
  return { shown: `${head}${text.slice(start, start + widest)}${tail}`, before };
}
