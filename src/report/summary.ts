import type { RunEvent } from "../contract/events.ts";
import type { Tally } from "../contract/outcome.ts";
import { formatDuration } from "./format.ts";
import type { Line } from "./line.ts";
import type { LineSetting } from "./row.ts";

type RunFinished = Extract<RunEvent, { type: "run-finished" }>;

/** What kind of run it was. */
type EndSetting = Pick<LineSetting, "checkMode" | "rollback">;

const always: readonly (keyof Tally)[] = ["ok", "changed", "skipped", "failed"];
const whenCounted: readonly (keyof Tally)[] = ["unreachable", "unknown", "rescued", "ignored"];

/** The end of a run: what was counted on each host, and how it ended. */
export function summaryLines(event: RunFinished, setting: EndSetting): Line[] {
  const tallies = Object.entries(event.tallies);
  const blank: Line = { tone: "plain", text: "" };
  return [blank, ...(tallies.length === 0 ? [] : [...tableLines(tallies), blank]), endLine(event, setting)];
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

function endLine({ stage, result, durationMs }: RunFinished, { checkMode, rollback }: EndSetting): Line {
  const time = formatDuration(durationMs / 1000);
  const what = rollback ? `Rollback of stage ${stage}` : `Stage ${stage}`;
  if (result === "failed") return { tone: "failed", text: `${what} FAILED after ${time}.` };
  if (result === "interrupted") return { tone: "warning", text: `${what} interrupted after ${time}.` };
  const text = checkMode ? `${what} checked in ${time}. Nothing was changed.` : `${what} done in ${time}.`;
  return { tone: "ok", text };
}
