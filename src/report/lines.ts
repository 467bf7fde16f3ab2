import type { RunEvent } from "../contract/events.ts";
import { wordsOfEstimate } from "./downtime-words.ts";
import { failureLines } from "./failure-lines.ts";
import { formatDuration } from "./format.ts";
import type { Line } from "./line.ts";
import { outcomeLines } from "./outcome-lines.ts";
import { type Columns, type LineOptions, type LineSetting, row } from "./row.ts";
import { summaryLines } from "./summary.ts";
import { taskLabel } from "./task-label.ts";

/** Turns the events of one run into lines for a person. The plain and the terminal report share it. */
export function createLineMaker(options: LineOptions): (event: RunEvent) => Line[] {
  const handlers = new Set<string>();
  let columns: Columns = { status: 9, host: 0 };
  let checkMode = false;
  let rollback = false;

  return (event) => {
    if (event.type === "run-started") {
      checkMode = event.checkMode;
      rollback = event.rollback ?? false;
      columns = { ...columns, status: checkMode ? 14 : 9 };
    }
    if (event.type === "task-started" && event.handler) handlers.add(event.task.id);
    columns = { ...columns, host: Math.max(columns.host, ...hostsOf(event).map((host) => host.length)) };
    return eventLines(event, { ...options, columns, checkMode, rollback, handlers });
  };
}

function eventLines(event: RunEvent, setting: LineSetting): Line[] {
  const { columns, verbosity } = setting;
  switch (event.type) {
    case "run-started":
      return startLines(event);
    case "play-started":
      return [
        { tone: "plain", text: "" },
        { tone: "strong", text: `${event.name} (${event.hosts.join(", ")})`, hangingIndent: 2 },
      ];
    case "host-connected":
      return verbosity > 0 ? [row("reached", event.host, "", "faint", columns)] : [];
    case "host-failed":
      return [
        row("FAILED", event.host, event.message, "failed", columns),
        ...nextLines(event.next, columns.status),
      ];
    case "task-started":
      return verbosity > 1 ? [{ tone: "faint", text: `starting ${taskLabel(event.task)}` }] : [];
    case "task-progress":
      return [];
    case "task-output":
      if (verbosity === 0) return [];
      return event.lines.map((line) => ({
        tone: "faint",
        text: `${" ".repeat(columns.status)}${event.host} | ${line}`,
      }));
    case "task-retry":
      if (verbosity === 0) return [];
      return [
        row(
          "retry",
          event.host,
          `${taskLabel(event.task)} (${event.attempt} of ${event.retries})`,
          "warning",
          columns,
        ),
      ];
    case "task-finished":
      return outcomeLines(event, setting);
    case "notice":
      return event.text.split("\n").map((text) => row("note", event.host ?? "", text, "warning", columns));
    case "latch-set":
      return [row("latch", "", `${event.latch} is set, ${clockTime(event.at)}`, "strong", columns)];
    case "latch-lifted":
      return [row("latch", "", `${event.latch} is lifted, ${clockTime(event.at)}`, "strong", columns)];
    case "downtime-estimate":
      return [{ tone: "strong", text: `Downtime: ${wordsOfEstimate(event)}`, hangingIndent: 2 }];
    case "downtime":
      return [{ tone: "strong", text: wordsOfDowntime(event), hangingIndent: 2 }];
    case "run-finished":
      return summaryLines(event, setting);
  }
}

function wordsOfDowntime({ seconds, from, to, estimate }: Extract<RunEvent, { type: "downtime" }>): string {
  const told = estimate === undefined ? "" : `; ${wordsOfEstimate(estimate)} was expected`;
  return `Downtime: ${formatDuration(seconds)} (from ${clockTime(from)} to ${clockTime(to)}${told})`;
}

function startLines(event: Extract<RunEvent, { type: "run-started" }>): Line[] {
  const stage = `Stage ${event.stage}${event.description === undefined ? "" : `: ${event.description}`}`;
  const lines: Line[] = [
    { tone: "strong", text: event.rollback ? `Rollback of stage ${event.stage}` : stage, hangingIndent: 2 },
    { tone: "faint", text: `migration ${event.migration}, run ${event.runId}`, hangingIndent: 2 },
  ];
  if (event.resumed) lines.push({ tone: "warning", text: wordsOfLastRun(event), hangingIndent: 2 });
  if (event.checkMode) lines.push({ tone: "warning", text: "Check mode: nothing will be changed." });
  return lines;
}

function wordsOfLastRun({ failedAt }: Extract<RunEvent, { type: "run-started" }>): string {
  if (failedAt === undefined) return "The last run did not end; this one goes on from there.";
  const { task, host } = failedAt;
  const where = task === undefined ? `on ${host}` : `at "${task}" on ${host}`;
  return `The last run failed ${where}; this one goes on from there.`;
}

function nextLines(next: string | undefined, indent: number): Line[] {
  return failureLines({ next }, indent);
}

function hostsOf(event: RunEvent): readonly string[] {
  if (event.type === "play-started") return event.hosts;
  return "host" in event && event.host !== undefined ? [event.host] : [];
}

function clockTime(at: string): string {
  return `${at.slice(11, 19)} UTC`;
}
