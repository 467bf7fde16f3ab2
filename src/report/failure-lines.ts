import { isAbsolute, relative } from "node:path";
import { BadInput, CommandFailed, type Failure, type Place, type Problem } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Line } from "./line.ts";
import type { LineOptions } from "./row.ts";

/** The parts of a failure that a person reads. */
export interface FailureText {
  readonly message?: string | undefined;
  readonly place?: Place | undefined;
  /** The way to the task: the play, roles, includes. */
  readonly chain?: readonly string[] | undefined;
  /** The arguments that the task had. */
  readonly args?: JsonObject | undefined;
  readonly stdout?: string | undefined;
  readonly stderr?: string | undefined;
  readonly next?: string | undefined;
  /** What is wrong in files, each with its place. */
  readonly problems?: readonly Problem[] | undefined;
}

/** What failures are laid out with. */
export interface FailureSetting {
  /** Files in it are named from there. */
  readonly directory?: string | undefined;
  readonly excerpt?: LineOptions["excerpt"];
}

const outputLines = 20;

/** A failure in its parts; a command's output stands apart from the message. */
export function failureText(failure: Failure, place?: Place | undefined): FailureText {
  if (failure instanceof BadInput) return { problems: failure.problems.map((one) => ({ place, ...one })) };
  const parts = { message: failure.message, place: failure.place ?? place, next: failure.next };
  if (!(failure instanceof CommandFailed)) return parts;
  const { argv, exitCode, stdout, stderr } = failure;
  // The message ends with the last lines of stderr; it is not told twice.
  if (stderr.split("\n").length <= 3) return { ...parts, stdout };
  return { ...parts, message: `${argv[0] ?? "command"} ended with exit code ${exitCode}`, stdout, stderr };
}

/** The lines under a failed task: what, where, what the command said, what to do next. */
export function failureLines(text: FailureText, indent: number, setting: FailureSetting = {}): Line[] {
  return [
    ...paragraph(text.message, indent, "plain"),
    ...placeLines(text.place, indent, setting),
    ...(text.problems ?? []).flatMap((problem) => problemLines(problem, indent, setting)),
    ...paragraph(wayOf(text.chain), indent, "faint"),
    ...argumentLines(text.args, indent),
    ...output("stdout", text.stdout, indent),
    ...output("stderr", text.stderr, indent),
    ...paragraph(text.next === undefined ? undefined : `next: ${text.next}`, indent, "strong"),
  ];
}

/** What is wrong in a file: the message, the place, the line with a caret, what to write. */
function problemLines({ message, place, hint }: Problem, indent: number, setting: FailureSetting): Line[] {
  const excerpt = place === undefined ? [] : (setting.excerpt?.(place, indent) ?? []);
  return [
    ...paragraph(message, indent, "plain"),
    ...placeLines(place, indent, setting),
    ...excerpt.map((text) => ({ tone: "plain" as const, text: `${" ".repeat(indent)}${text}` })),
    ...paragraph(hint === undefined ? undefined : `→ ${hint}`, indent, "plain"),
  ];
}

function placeLines(place: Place | undefined, indent: number, { directory }: FailureSetting): Line[] {
  return paragraph(place && `at ${formatPlace(place, directory)}`, indent, "faint");
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

/** The play alone is seen above. */
function wayOf(chain: readonly string[] | undefined): string | undefined {
  return chain === undefined || chain.length < 2 ? undefined : `in ${chain.join(" → ")}`;
}

const mostArguments = 12;
const longestArgument = 160;

function argumentLines(args: JsonObject | undefined, indent: number): Line[] {
  const entries = Object.entries<Json>(args ?? {});
  if (entries.length === 0) return [];
  const left = entries.length - mostArguments;
  const lines = entries.slice(0, mostArguments).map(([name, value]) => `${name}: ${shortValue(value)}`);
  return [
    { tone: "faint", text: `${" ".repeat(indent)}arguments:` },
    ...[...lines, ...(left > 0 ? [`… and ${left} more`] : [])].map((text) => ({
      tone: "plain" as const,
      text: " ".repeat(indent + 2) + text,
      hangingIndent: indent + 4,
    })),
  ];
}

function shortValue(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const [first = "", ...more] = text.trimEnd().split("\n");
  const cut = first.length > longestArgument ? `${first.slice(0, longestArgument)}…` : first;
  const rest = more.length === 0 ? "" : ` … (${more.length + 1} lines)`;
  return `${cut}${rest}`;
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
