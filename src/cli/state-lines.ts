import type { MigrationState, StageState } from "../engine/state.ts";
import type { Playbook } from "../language/model.ts";
import { formatDuration } from "../report/format.ts";

/** Where a migration stands by its journal: stages, latches, what is open, the downtime. */
export function stateLines(playbook: Playbook, state: MigrationState, now: Date): string[] {
  const width = Math.max(...playbook.stages.map(({ name }) => name.length), "downtime".length);
  const line = (name: string, text: string) => `  ${name.padEnd(width)}  ${text}`;
  const { openLinks, openJobs, pendingHandlers, latches, downtimeSeconds } = state;
  return [
    "Stages",
    ...playbook.stages.map(({ name }) =>
      line(name, describeStage(state.stages[name], state.unfinishedStage === name, now)),
    ),
    "State",
    line(
      "latches",
      list(Object.entries(latches).map(([name, at]) => `${name} since ${formatTime(at, now)}`)),
    ),
    ...(openJobs === undefined || Object.keys(openJobs).length === 0
      ? []
      : [line("jobs", `${list(Object.keys(openJobs))} (still to be collected; the next run does it)`)]),
    ...(openLinks.length === 0
      ? []
      : [
          line(
            "links",
            `${list(openLinks.map(({ source, target }) => `${source} to ${target}`))} (data link open)`,
          ),
        ]),
    ...(pendingHandlers.length === 0
      ? []
      : [line("handlers", `${list(pendingHandlers)} (notified, not yet run)`)]),
    ...(downtimeSeconds === undefined ? [] : [line("downtime", formatDuration(downtimeSeconds))]),
  ];
}

/** "2026-11-22 02:17 UTC (3 h 5 min ago)" */
export function formatTime(at: string, now: Date): string {
  const ago = formatDuration(Math.max(0, (now.getTime() - Date.parse(at)) / 1000));
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC (${ago} ago)`;
}

function describeStage(stage: StageState | undefined, unfinished: boolean, now: Date): string {
  if (unfinished) return `cut short; begun ${formatTime(stage?.startedAt ?? now.toISOString(), now)}`;
  if (stage?.failedAt !== undefined) {
    const before = stage.doneAt === undefined ? "" : `; done before that, ${formatTime(stage.doneAt, now)}`;
    return `FAILED ${formatTime(stage.failedAt, now)}${before}: ${stage.failure?.split("\n")[0] ?? ""}`;
  }
  if (stage?.doneAt !== undefined) return `done ${formatTime(stage.doneAt, now)}`;
  if (stage?.rolledBackAt !== undefined) return `rolled back ${formatTime(stage.rolledBackAt, now)}`;
  return "not run yet";
}

function list(words: readonly string[]): string {
  return words.length === 0 ? "none" : words.join(", ");
}
