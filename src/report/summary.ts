import type { RunEvent } from "../contract/events.ts";
import type { Tally } from "../contract/outcome.ts";
import { formatDuration } from "./format.ts";
import type { Line } from "./line.ts";

type RunFinished = Extract<RunEvent, { type: "run-finished" }>;

const always: readonly (keyof Tally)[] = ["ok", "changed", "skipped", "failed"];
const whenCounted: readonly (keyof Tally)[] = ["unreachable", "unknown", "rescued", "ignored"];

/** The end of a run: what was counted on each host, and how it ended. */
export function summaryLines(event: RunFinished, checkMode: boolean): Line[] {
  const tallies = Object.entries(event.tallies);
  const blank: Line = { tone: "plain", text: "" };
  return [blank, ...(tallies.length === 0 ? [] : [...tableLines(tallies), blank]), endLine(event, checkMode)];
}

function tableLines(tallies: readonly [string, Tally][]): Line[] {
  const columns = [...always, ...whenCounted.filter((name) => tallies.some(([, tally]) => tally[name] > 0))];
  const hostWidth = Math.max("host".length, ...tallies.map(([host]) => host.length));
  const widths = columns.map((name) =>
    Math.max(name.length, ...tallies.map(([, tally]) => String(tally[name]).length)),
  );
  const cells = (values: readonly (string | number)[]) =>
    values.map((value, index) => String(value).padStart(widths[index] ?? 0)).join("  ");
  return [
    { tone: "faint", text: `${"host".padEnd(hostWidth)}  ${cells(columns)}` },
    ...tallies.map(([host, tally]): Line => {
      const text = `${host.padEnd(hostWidth)}  ${cells(columns.map((name) => tally[name]))}`;
      return { tone: toneOf(tally), toneWidth: host.length, text };
    }),
  ];
}

function toneOf(tally: Tally): Line["tone"] {
  if (tally.failed + tally.unreachable + tally.unknown > 0) return "failed";
  return tally.changed > 0 ? "changed" : "ok";
}

function endLine({ stage, result, durationMs }: RunFinished, checkMode: boolean): Line {
  const time = formatDuration(durationMs / 1000);
  if (result === "done") {
    const text = checkMode
      ? `Stage ${stage} checked in ${time}. Nothing was changed.`
      : `Stage ${stage} done in ${time}.`;
    return { tone: "ok", text };
  }
  if (result === "failed") return { tone: "failed", text: `Stage ${stage} FAILED after ${time}.` };
  return { tone: "warning", text: `Stage ${stage} interrupted after ${time}.` };
}
