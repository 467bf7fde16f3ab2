import { latchNames } from "../contract/latch.ts";
import type { JournalEntry } from "./journal.ts";

type Shape = "text" | "time" | "latch" | "number" | "texts" | "map" | "flag";

/** What each field of an entry has to be, where an entry has it. */
const shapes: Readonly<Record<string, Shape>> = {
  ...allOf("time", "at", "since", "takenAt"),
  ...allOf("text", "run", "type", "stage", "playbook", "inventory", "message", "task", "host", "for"),
  ...allOf("text", "summary", "status", "job", "user", "asyncTask", "source", "target"),
  ...allOf("text", "directory", "dovecot", "handler", "oldHost", "newHost", "root"),
  ...allOf("number", "aboutSeconds", "atMostSeconds"),
  latch: "latch",
  ...allOf("texts", "undoes", "domains", "extraVariables"),
  times: "map",
  ...allOf("flag", "isBack", "isResumed"),
};

/** The fields that an entry of a type can't be without, beside `at`, `run` and `type`. */
const needed: Readonly<Record<JournalEntry["type"], readonly string[]>> = {
  "stage-started": ["stage", "playbook", "inventory"],
  "stage-done": ["stage"],
  "stage-partial": ["stage"],
  "stage-failed": ["stage", "message"],
  "task-times": ["stage", "times"],
  "downtime-estimated": ["aboutSeconds", "atMostSeconds"],
  "rollback-started": ["stage"],
  "rollback-done": ["stage"],
  "latch-set": ["latch"],
  "latch-lifted": ["latch"],
  "proof-passed": ["oldHost", "newHost", "takenAt"],
  "mail-merged": ["oldHost", "newHost"],
  "mail-copied": ["oldHost", "newHost", "root"],
  "task-intent": ["task", "host", "summary"],
  "task-outcome": ["task", "host", "status"],
  "job-started": ["task", "host", "job"],
  "job-collected": ["task", "host", "job"],
  "link-opened": ["source", "target", "directory"],
  "links-closed": ["source", "target"],
  "handler-notified": ["handler", "host"],
  "handler-done": ["handler", "host"],
};

/** An entry as far as that can be said of one whose type is not known. */
interface AnyEntry {
  readonly type: string;
}

/** Whether what a line of a journal holds has the form of an entry. One of a type that is not known here may be of a newer version. */
export function isEntry(value: unknown): value is AnyEntry {
  if (!isMap(value)) return false;
  const type = typeof value.type === "string" ? value.type : "";
  const more = Object.hasOwn(needed, type) ? needed[type as JournalEntry["type"]] : [];
  const isWhole = ["at", "run", "type", ...more].every((name) => Object.hasOwn(value, name));
  return isWhole && Object.entries(value).every(([name, field]) => hasShape(field, shapes[name]));
}

/** Whether its type is one of this version's. */
export function isOfKnownType(entry: AnyEntry): entry is JournalEntry {
  return Object.hasOwn(needed, entry.type);
}

function hasShape(field: unknown, shape: Shape | undefined): boolean {
  if (shape === undefined) return true;
  if (shape === "time") return typeof field === "string" && !Number.isNaN(Date.parse(field));
  if (shape === "latch") return latchNames.some((name) => name === field);
  if (shape === "map") return isMap(field);
  if (shape === "texts") return Array.isArray(field) && field.every((entry) => typeof entry === "string");
  if (shape === "flag") return typeof field === "boolean";
  return typeof field === (shape === "text" ? "string" : "number");
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function allOf(shape: Shape, ...names: readonly string[]): Record<string, Shape> {
  return Object.fromEntries(names.map((name) => [name, shape]));
}
