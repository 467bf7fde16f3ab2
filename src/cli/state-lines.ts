import { estimateDowntime } from "../engine/downtime.ts";
import type { MigrationState, StageState } from "../engine/state.ts";
import type { Playbook } from "../language/model/playbook.ts";
import { wordsOfEstimate } from "../report/downtime-words.ts";
import { formatDuration } from "../report/format.ts";
import type { Line } from "../report/line.ts";

/** Where a migration stands by its journal: stages, latches, what is open, the downtime. */
export function stateLines(playbook: Playbook, state: MigrationState, now: Date): Line[] {
  const { openLinks, openJobs, pendingHandlers, latches } = state;
  const downtime = wordsOfDowntime(playbook, state);
  const jobs = Object.keys(openJobs);
  const links = openLinks.map(({ source, target }) => `${source} to ${target}`);
  const set = Object.entries(latches).map(([name, at]) => `${name} since ${formatTime(at, now)}`);
  return [
    { tone: "strong", text: "Stages" },
    ...playbook.stages
      .filter(({ name, undoes }) => undoes.length === 0 || state.stages[name] !== undefined)
      .map(({ name }) => stageLine(name, state, now)),
    { tone: "strong", text: "State" },
    entryLine("latches", list(set)),
    ...(jobs.length === 0 ? [] : [entryLine("jobs", `${list(jobs)}: the next run collects them`)]),
    ...(links.length === 0 ? [] : [entryLine("links", `${list(links)}: a data link may be open`)]),
    ...(pendingHandlers.length === 0
      ? []
      : [entryLine("handlers", `${list(pendingHandlers)}: notified, not yet run`)]),
    ...(downtime === undefined ? [] : [entryLine("downtime", downtime)]),
  ];
}

/** How long the downtime was, and was expected to be; before it, how long it will be. */
export function wordsOfDowntime(playbook: Playbook, state: MigrationState): string | undefined {
  const { downtimeSeconds, downtimeEstimate, latches, taskTimes = {} } = state;
  if (downtimeSeconds !== undefined) {
    const expected =
      downtimeEstimate === undefined ? "" : ` (expected: ${wordsOfEstimate(downtimeEstimate)})`;
    return `${formatDuration(downtimeSeconds)}${expected}`;
  }
  const [estimate] = playbook.stages.flatMap((stage) => estimateDowntime(stage, taskTimes) ?? []);
  if (estimate === undefined || latches["old-frozen"] !== undefined) return undefined;
  return `will be ${wordsOfEstimate(estimate)}`;
}

/** One line of a status: a word, and what there is to say of it. */
export function entryLine(word: string, text: string): Line {
  return { tone: "plain", text: `  ${word.padEnd(wordWidth)}  ${text}`, hangingIndent: wordWidth + 4 };
}

/** "2026-11-22 02:17 UTC (3 h 5 min ago)" */
export function formatTime(at: string, now: Date): string {
  const seconds = Math.round((now.getTime() - Date.parse(at)) / 1000);
  const ago = seconds < 1 ? "just now" : `${formatDuration(seconds)} ago`;
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC (${ago})`;
}

const wordWidth = 10;

function stageLine(name: string, state: MigrationState, now: Date): Line {
  return entryLine(name, describeStage(state.stages[name], state.unfinishedStage === name, now));
}

function describeStage(stage: StageState | undefined, unfinished: boolean, now: Date): string {
  if (unfinished) return `cut short; begun ${formatTime(stage?.startedAt ?? now.toISOString(), now)}`;
  if (stage?.failedAt !== undefined) {
    const before = stage.doneAt === undefined ? "" : `; done before that, ${formatTime(stage.doneAt, now)}`;
    const why = stage.failure?.split("\n")[0] ?? "";
    return `FAILED ${formatTime(stage.failedAt, now)}${before}${wordsOfWhere(stage)}: ${why}`;
  }
  if (stage?.doneAt !== undefined) return `done ${formatTime(stage.doneAt, now)}`;
  if (stage?.rolledBackAt !== undefined) return `rolled back ${formatTime(stage.rolledBackAt, now)}`;
  return "not run yet";
}

function wordsOfWhere({ failedTask, failedHost }: StageState): string {
  if (failedHost === undefined) return "";
  return failedTask === undefined ? ` on ${failedHost}` : ` at "${failedTask}" on ${failedHost}`;
}

function list(words: readonly string[]): string {
  return words.length === 0 ? "none" : words.join(", ");
}
