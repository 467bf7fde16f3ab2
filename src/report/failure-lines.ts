import { isAbsolute, relative } from "node:path";
import { CommandFailed, type Failure, type Place } from "../contract/errors.ts";
import type { Line } from "./line.ts";

/** The parts of a failure that a person reads. */
export interface FailureText {
  readonly message?: string | undefined;
  readonly place?: Place | undefined;
  readonly stdout?: string | undefined;
  readonly stderr?: string | undefined;
  readonly next?: string | undefined;
}

const outputLines = 20;

/** A failure in its parts; a command's output stands apart from the message. */
export function failureText(failure: Failure, place?: Place | undefined): FailureText {
  const parts = { message: failure.message, place: failure.place ?? place, next: failure.next };
  if (!(failure instanceof CommandFailed)) return parts;
  const { argv, exitCode, stdout, stderr } = failure;
  // The message ends with the last lines of stderr; it is not told twice.
  if (stderr.split("\n").length <= 3) return { ...parts, stdout };
  return { ...parts, message: `${argv[0] ?? "command"} ended with exit code ${exitCode}`, stdout, stderr };
}

/**
 * The lines under a failed task: what, where, what the command said, what to do next. Files in `directory`
 * are named from there.
 */
export function failureLines(text: FailureText, indent: number, directory?: string | undefined): Line[] {
  const where = text.place === undefined ? undefined : `at ${formatPlace(text.place, directory)}`;
  return [
    ...paragraph(text.message, indent, "plain"),
    ...paragraph(where, indent, "faint"),
    ...output("stdout", text.stdout, indent),
    ...output("stderr", text.stderr, indent),
    ...paragraph(text.next === undefined ? undefined : `next: ${text.next}`, indent, "strong"),
  ];
}

/** A file as a person names it who works in `directory`: from there when it is inside, absolute otherwise. */
export function shortPath(file: string, directory: string | undefined): string {
  if (directory === undefined || !isAbsolute(file)) return file;
  const inside = relative(directory, file);
  return inside === "" || inside.startsWith("..") ? file : inside;
}

/** `file:line:column`, as editors understand it. */
function formatPlace({ file, line, column }: Place, directory: string | undefined): string {
  return `${shortPath(file, directory)}:${line}:${column}`;
}

function paragraph(text: string | undefined, indent: number, tone: Line["tone"]): Line[] {
  if (text === undefined || text === "") return [];
  return text.split("\n").map((part) => ({ tone, text: " ".repeat(indent) + part, hangingIndent: indent }));
}

function output(name: string, text: string | undefined, indent: number): Line[] {
  if (text === undefined || text.trim() === "") return [];
  const all = text.trimEnd().split("\n");
  const left = all.length - outputLines;
  const heading = left > 0 ? `${name} (the last ${outputLines} of ${all.length} lines):` : `${name}:`;
  return [
    { tone: "faint", text: " ".repeat(indent) + heading },
    ...all
      .slice(-outputLines)
      .map((part) => ({ tone: "plain" as const, text: `${" ".repeat(indent + 2)}${part}` })),
  ];
}
