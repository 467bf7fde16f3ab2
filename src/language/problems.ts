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

function formatProblem({ message, place, hint, severity }: Problem, readSource: ReadSource): string {
  const word = severity === "warning" ? "warning: " : "";
  const head = place === undefined ? `${word}${message}` : `${formatPlace(place)}: ${word}${message}`;
  const excerpt = place === undefined ? [] : excerptOf(place, readSource(place.file));
  return [head, ...excerpt, ...(hint === undefined ? [] : [`    → ${hint}`])].join("\n");
}

function excerptOf({ line, column }: Place, source: string | undefined): string[] {
  const text = source?.split(/\r?\n/)[line - 1];
  if (text === undefined || text.trim() === "" || text.includes("\0")) return [];
  const { shown, at } = window(
    maskSecrets(text.replaceAll("\t", " ")),
    Math.min(column, text.length + 1) - 1,
  );
  const gutter = String(line).padStart(5);
  return [`${gutter} | ${shown}`, `${" ".repeat(gutter.length)} | ${" ".repeat(at)}^`];
}

/** What looks like a password in a file is not shown. */
function maskSecrets(text: string): string {
  return text.replaceAll(
    /((?:pass(?:word|phrase)?|secret|token)["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,}#{][^,}#]*?(?=\s*(?:[,}#]|$)))/gi,
    (_, key: string) => `${key}********`,
  );
}

const widest = 120;

/** A long line is cut to the part round the spot. */
function window(text: string, at: number): { readonly shown: string; readonly at: number } {
  if (text.length <= widest) return { shown: text, at };
  const start = Math.max(0, Math.min(at - 60, text.length - widest));
  const head = start > 0 ? "…" : "";
  const tail = start + widest < text.length ? "…" : "";
  return { shown: `${head}${text.slice(start, start + widest)}${tail}`, at: at - start + head.length };
}
