import type { RunEvent } from "../contract/events.ts";
import type { Outcome } from "../contract/outcome.ts";
import { diffLines } from "./diff.ts";
import { failureLines, failureText } from "./failure-lines.ts";
import { formatClock } from "./format.ts";
import type { Line, Tone } from "./line.ts";
import { type LineSetting, row } from "./row.ts";
import { taskLabel } from "./task-label.ts";

type TaskFinished = Extract<RunEvent, { type: "task-finished" }>;

/** Work shorter than this is shown without its duration. */
const notableMs = 5000;

/** One line for the outcome of a task on a host, and under it what a person has to know of it. */
export function outcomeLines(event: TaskFinished, setting: LineSetting): Line[] {
  const { task, host, item, delegate, outcome, durationMs } = event;
  const label = `${setting.handlers.has(task.id) ? "handler " : ""}${taskLabel(task, item)}${delegate === undefined ? "" : ` on ${delegate}`}`;
  const clock = durationMs >= notableMs ? ` [${formatClock(durationMs)}]` : "";
  const { word, tone } = headings[outcome.status](outcome);
  const heading = row(word, host, label + clock, tone, setting.columns);
  return [heading, ...(task.noLog ? hiddenLines(event, setting) : detailLines(event, setting))];
}

function detailLines({ task, outcome, args }: TaskFinished, setting: LineSetting): Line[] {
  const indent = setting.columns.status;
  const values = setting.verbosity > 1 ? resultLines(outcome, indent) : [];
  switch (outcome.status) {
    case "ok":
      return [...messageLines(outcome.message, indent), ...values];
    case "changed": {
      const showsDiff = task.diff ?? setting.diff;
      const told = setting.verbosity > 0 || setting.checkMode || showsDiff;
      const summary = told ? messageLines(outcome.summary, indent) : [];
      const diff = showsDiff ? (outcome.diff ?? []).flatMap(diffLines) : [];
      return [...summary, ...diff, ...values];
    }
    case "skipped":
      return setting.verbosity > 0 ? [...messageLines(outcome.reason, indent), ...values] : [];
    case "failed":
    case "unreachable":
    case "unknown":
      return [
        ...failureLines(
          { ...failureText(outcome.failure, task.place), chain: task.chain, args },
          indent,
          setting,
        ),
        ...values,
      ];
  }
}

function hiddenLines({ task, outcome }: TaskFinished, setting: LineSetting): Line[] {
  if (!("failure" in outcome)) return [];
  const message = "what it said is hidden (no_log)";
  const next = "take `no_log` off the task, or look on the host";
  return failureLines({ message, place: task.place, next }, setting.columns.status, setting);
}

/** Several lines are a table or a report: they stand as they come, near the left, to have the width. */
function messageLines(message: string | undefined, indent: number): Line[] {
  if (message === undefined || message.trim() === "") return [];
  const lines = message.replace(/\n+$/, "").split("\n");
  if (lines.length === 1)
    return [{ tone: "plain", text: " ".repeat(indent) + lines[0], hangingIndent: indent }];
  return lines.map((text) => ({ tone: "plain", text: `  ${text}`.trimEnd() }));
}

function resultLines(outcome: Outcome, indent: number): Line[] {
  if (Object.keys(outcome.result).length === 0) return [];
  const lines = JSON.stringify(outcome.result, null, 2).split("\n");
  return lines.map((text) => ({ tone: "faint", text: " ".repeat(indent) + text }));
}

const headings: Readonly<Record<Outcome["status"], (outcome: Outcome) => { word: string; tone: Tone }>> = {
  ok: () => ({ word: "ok", tone: "ok" }),
  changed: (outcome) => ({
    word: outcome.status === "changed" && outcome.foreseen ? "would change" : "changed",
    tone: "changed",
  }),
  skipped: () => ({ word: "skipped", tone: "skipped" }),
  failed: (outcome) => lossHeading("FAILED", outcome),
  unreachable: (outcome) => lossHeading("UNREACHABLE", outcome),
  unknown: () => ({ word: "UNKNOWN", tone: "failed" }),
};

function lossHeading(word: string, outcome: Outcome): { word: string; tone: Tone } {
  const isIgnored = "ignored" in outcome && outcome.ignored;
  return isIgnored ? { word: "ignored", tone: "warning" } : { word, tone: "failed" };
}
