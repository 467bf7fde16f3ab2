import { resolve } from "node:path";
import type { TextDiff } from "../contract/change.ts";
import { BadInput, exitCodes, Failure, type Problem } from "../contract/errors.ts";
import { formatProblems } from "../language/problems.ts";
import { failureLines, failureText, shortPath } from "../report/failure-lines.ts";
import type { Line } from "../report/line.ts";
import type { CommandContext } from "./context.ts";
import { printLines } from "./print-lines.ts";
import { sourceOf } from "./source-of.ts";

/** The one place that prints why a command could not go on. Gives back the exit code. */
export async function printFailure(error: unknown, context: CommandContext): Promise<number> {
  const { argv, cwd } = context.surroundings;
  const failure = asFailure(error);
  const debug = argv.includes("--debug");
  const lines = failure === undefined ? faultLines(error, debug) : await linesOf(failure, cwd);
  if (debug && error instanceof Error) lines.push(...stackLines(error));
  printLines(lines, context, "stderr");
  return failure === undefined ? exitCodes["task-failed"] : exitCodes[failure.kind];
}

/** Problems in files as text: the place, the line with a caret, the way out. */
export function problemText(problems: readonly Problem[], directory: string): string {
  const placed = problems.map((problem) =>
    problem.place === undefined
      ? problem
      : { ...problem, place: { ...problem.place, file: shortPath(problem.place.file, directory) } },
  );
  return `${formatProblems(placed, (file) => sourceOf(resolve(directory, file)))}\n`;
}

async function linesOf(failure: Failure, cwd: string): Promise<Line[]> {
  if (failure instanceof BadInput) return plainLines(problemText(failure.problems, cwd));
  const { message, ...details } = failureText(failure);
  const host = failure.host === undefined || message?.includes(failure.host) ? "" : `${failure.host}: `;
  const word =
    failure.kind === "refused" ? "refused" : failure.kind === "interrupted" ? "interrupted" : "error";
  return [
    { tone: "failed", toneWidth: word.length, text: `${word}: ${host}${message}`, hangingIndent: 2 },
    ...(failure.diffs === undefined ? [] : await shortDiffs(failure.diffs)),
    ...failureLines(details, 2, { directory: cwd }),
  ];
}

const mostDiffLines = 40;

/** As much of each diff as fits on a screen. */
async function shortDiffs(diffs: readonly TextDiff[]): Promise<Line[]> {
  const { diffLines } = await import("../report/diff.ts");
  return diffs.flatMap((diff) => {
    const lines = diffLines(diff);
    const left = lines.length - mostDiffLines;
    const shown = lines.slice(0, mostDiffLines).map((line) => ({ ...line, text: `  ${line.text}` }));
    return left <= 0 ? shown : [...shown, { tone: "faint" as const, text: `  … and ${left} more lines` }];
  });
}

function plainLines(text: string): Line[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => ({ tone: "plain", text: line }));
}

function faultLines(error: unknown, debug: boolean): Line[] {
  const message = error instanceof Error ? error.message : String(error);
  const next = debug
    ? "this is a fault of Mailferry; please report it with the lines below"
    : "this is a fault of Mailferry; run it again with --debug and report what it prints";
  return [
    { tone: "failed", toneWidth: 5, text: `error: ${message}`, hangingIndent: 2 },
    ...failureLines({ next }, 2),
  ];
}

function stackLines(error: Error): Line[] {
  const own = (error.stack ?? "").split("\n").map((text): Line => ({ tone: "faint", text }));
  if (!(error.cause instanceof Error)) return own;
  const [first, ...rest] = stackLines(error.cause);
  return [...own, { tone: "faint", text: `caused by: ${first?.text ?? ""}` }, ...rest];
}

/** Errors of the system that a person can do something about, in words. */
function asFailure(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const known = systemErrors[error.code];
  if (known === undefined || !("path" in error || "syscall" in error)) return undefined;
  const where = "path" in error ? `${String(error.path)}: ` : "";
  return new Failure(known.kind, `${where}${known.message}`, { next: known.next, cause: error });
}

const systemErrors: Readonly<
  Record<string, { kind: "bad-input" | "task-failed"; message: string; next: string } | undefined>
> = {
  EACCES: {
    kind: "bad-input",
    message: "permission denied",
    next: "check its owner and mode, or take another with --state-dir",
  },
  EPERM: {
    kind: "bad-input",
    message: "not permitted",
    next: "check its owner and mode, or take another with --state-dir",
  },
  EROFS: {
    kind: "bad-input",
    message: "the file system is read-only",
    next: "take a directory that can be written with --state-dir",
  },
  ENOTDIR: { kind: "bad-input", message: "a part of the path is not a directory", next: "check the path" },
  EISDIR: { kind: "bad-input", message: "this is a directory", next: "name a file" },
  ENOSPC: {
    kind: "task-failed",
    message: "no space left on the device",
    next: "make room, then run the same command again",
  },
  EDQUOT: {
    kind: "task-failed",
    message: "the disk quota is used up",
    next: "make room, then run the same command again",
  },
};
