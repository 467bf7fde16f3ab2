import type { JsonObject } from "../contract/json.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { DoneBefore, DoneHeading, DoneLine, DoneTask, KeptValues } from "./done-tasks.ts";
import type { KeptLevel } from "./host-variables.ts";
import { keepOutcome } from "./kept-outcome.ts";
import { openLines } from "./progress-lines.ts";

/** More than this of what a task left behind on a host is not kept: the task runs again when the stage is resumed. */
const mostKeptBytes = 256 * 1024;

/** The n-th turn of a task for these hosts. */
export interface Turn {
  readonly task: string;
  /** Which time it is, by host: a loop round an include brings a task several times. */
  readonly times: ReadonlyMap<string, number>;
  /** How it ended in the run that is resumed, for the hosts on which it did. */
  readonly done: ReadonlyMap<string, DoneTask>;
  /** What that run had begun on hosts where it did not end: rounds of its loop, jobs. */
  readonly begun: ReadonlyMap<string, readonly DoneLine[]>;
}

/** How a turn ended on a host. */
export type TurnEnd = Pick<DoneTask, "status" | "notified" | "refused"> & {
  /** The failure, where a rescue may take it back. */
  readonly failed?: Outcome | undefined;
};

/** How far a stage has come, kept on the disk, so that `--resume` can go on from there. */
export interface StageProgress {
  /** The stage begins, from nothing or with what a broken-off run had done. */
  begin(heading: DoneHeading, before?: DoneBefore | undefined): void;
  /** Hears of variables that are left behind on a host; they belong to the task that has its turn there, if one has. */
  hear(host: string, values: JsonObject, level: KeptLevel): void;
  /** A task has its turn. Each turn is to be asked for once. */
  turnOf(task: string, hosts: readonly string[]): Turn;
  /** A part of another turn has its turn: a handler that runs in a flush. */
  turnIn(outer: Turn, part: string, hosts: readonly string[]): Turn;
  /** The turn is over for a host without running. */
  passed(turn: Turn, host: string): void;
  /** The turn is over for a host that goes on, or may yet be rescued. With `hidden` nothing it left goes to the disk. */
  ended(turn: Turn, host: string, end: TurnEnd, hidden: boolean): void;
  /** One round of the task's loop is over for a host. */
  roundEnded(turn: Turn, host: string, round: Round): void;
  /** The turn is about to start a job on a host. */
  jobBegins(turn: Turn, host: string, job: string, round?: Pick<Round, "number" | "label"> | undefined): void;
  /** A failure that was kept is to be tried again after all: its rescue failed too. */
  tryAgain(turn: Turn, host: string): void;
  /** From here on everything runs: on these hosts, or on all. */
  goOn(at: string, hosts?: readonly string[]): void;
  /** What was answered the last time to the prompts of this play. Each play is to be asked for once. */
  answersTo(play: string): { readonly time: number; readonly answers?: JsonObject | undefined };
  answered(play: string, time: number, answers: JsonObject): void;
  /** The stage is done: there is nothing to resume. */
  finish(): void;
  close(): void;
}

/** A round of a loop that is over. */
export interface Round {
  readonly number: number;
  readonly label: string;
  readonly outcome: Outcome;
}

/** What keeps the progress of a stage. */
export interface ProgressOptions {
  /** Where it is kept; undefined in check mode, which does nothing that could be resumed. */
  readonly file?: (() => string) | undefined;
  /** Whether a text holds a secret that is known: such values never go to the disk. */
  readonly holdsSecret: (text: string) => boolean;
  /** Told once, when a resumed stage has come to where it goes on. */
  readonly onGoOn: (passed: number, at: string) => void;
}

/** Starts to keep the progress of one stage. */
export function keepProgress({ file, holdsSecret, onGoOn }: ProgressOptions): StageProgress {
  const lines = openLines(file);
  let isResuming = false;
  let hasGoneOn = false;
  const passedTasks = new Set<string>();
  /** While resuming: the hosts that have come to where they go on. */
  const goneOn = new Set<string>();
  const turns = new Map<string, number>();
  const heard = new Map<string, KeptValues[]>();

  function openTurn(task: string, times: ReadonlyMap<string, number>): Turn {
    const done = new Map<string, DoneTask>();
    const begun = new Map<string, readonly DoneLine[]>();
    for (const [host, time] of times) {
      heard.set(host, []);
      if (!isResuming || goneOn.has(host)) continue;
      const line = lines.find(task, time, host);
      if (line !== undefined && line.status !== "unknown") done.set(host, line);
      if (line === undefined || line.status === "unknown" || line.again)
        begun.set(host, begunOn(task, time, host));
    }
    for (const line of [...begun.values()].flat()) lines.confirm(line);
    return { task, times, done, begun };
  }

  /** Where all of it is to be tried again, the rounds that failed are too. */
  function begunOn(task: string, time: number, host: string): DoneLine[] {
    const isTriedAgain = lines.find(task, time, host)?.again === true;
    const isOpen = ({ outcome }: DoneLine) => outcome?.status === "failed" && !outcome.ignored;
    return lines.begun(task, time, host).filter((line) => !(isTriedAgain && isOpen(line)));
  }

  /** What the task left behind, as far as it may lie on a disk. */
  function doneAs(host: string, { failed, ...end }: TurnEnd, hidden: boolean): DoneTask {
    const kept = heard.get(host) ?? [];
    const outcome = failed === undefined ? undefined : keepOutcome(failed);
    if (kept.length === 0 && outcome === undefined) return end;
    const left = { ...(kept.length === 0 ? {} : { kept }), outcome };
    return hidden || !mayLie(left) ? { ...end, again: true } : { ...end, ...left };
  }

  function mayLie(left: object): boolean {
    const text = JSON.stringify(left);
    return text.length <= mostKeptBytes && !holdsSecret(text);
  }

  const timeOf = ({ times }: Turn, host: string) => times.get(host) ?? 1;

  return {
    begin(heading, before) {
      isResuming = before !== undefined;
      hasGoneOn = false;
      for (const kept of [goneOn, passedTasks, turns, heard]) kept.clear();
      lines.begin(heading, before?.lines ?? []);
    },
    hear(host, values, level) {
      heard.get(host)?.push({ level, values });
    },
    turnOf(task, hosts) {
      const times = new Map(hosts.map((host) => [host, (turns.get(`${task}@${host}`) ?? 0) + 1] as const));
      for (const [host, time] of times) turns.set(`${task}@${host}`, time);
      return openTurn(task, times);
    },
    turnIn(outer, part, hosts) {
      return openTurn(
        `${part} in ${outer.task}`,
        new Map(hosts.map((host) => [host, timeOf(outer, host)] as const)),
      );
    },
    passed(turn, host) {
      heard.delete(host);
      passedTasks.add(`${turn.task}#${timeOf(turn, host)}`);
      lines.confirm({ task: turn.task, time: timeOf(turn, host), host, status: "ok" });
      for (const line of lines.begun(turn.task, timeOf(turn, host), host)) lines.confirm(line);
    },
    ended(turn, host, end, hidden) {
      lines.add({ task: turn.task, time: timeOf(turn, host), host, ...doneAs(host, end, hidden) });
      heard.delete(host);
    },
    roundEnded(turn, host, { number, label, outcome }) {
      const line = { round: number, label, status: outcome.status, outcome: keepOutcome(outcome) };
      if (mayLie(line)) lines.add({ task: turn.task, time: timeOf(turn, host), host, ...line });
    },
    jobBegins(turn, host, job, round) {
      const which = round === undefined ? {} : { round: round.number, label: round.label };
      const line = { ...which, job, status: "unknown" } as const;
      if (mayLie(line)) lines.add({ task: turn.task, time: timeOf(turn, host), host, ...line });
    },
    tryAgain(turn, host) {
      lines.add({ task: turn.task, time: timeOf(turn, host), host, status: "failed", again: true });
    },
    goOn(at, hosts) {
      if (!isResuming) return;
      const news = hosts?.filter((host) => !goneOn.has(host)) ?? [undefined];
      if (news.length === 0) return;
      for (const host of news) {
        lines.dropEarlier(host);
        if (host !== undefined) goneOn.add(host);
      }
      if (hosts === undefined) isResuming = false;
      if (!hasGoneOn) onGoOn(passedTasks.size, at);
      hasGoneOn = true;
    },
    answersTo(play) {
      const time = (turns.get(`${play}?`) ?? 0) + 1;
      turns.set(`${play}?`, time);
      return { time, answers: lines.answers(play, time) };
    },
    answered(play, time, answers) {
      if (Object.keys(answers).length > 0 && mayLie(answers)) lines.add({ play, time, answers });
    },
    finish: () => lines.remove(),
    close: () => lines.close(),
  };
}
