import { create } from "xmlbuilder2";
import { CommandFailed } from "../contract/errors.ts";
import type { Listener, RunEvent } from "../contract/events.ts";
import type { Outcome } from "../contract/outcome.ts";
import { taskLabel } from "./task-label.ts";

type TaskFinished = Extract<RunEvent, { type: "task-finished" }>;

/** One task on one host; of a loop, all of its items. */
interface Case {
  readonly name: string;
  readonly host: string;
  readonly place: string;
  readonly rounds: TaskFinished[];
}

/** One play. */
interface Suite {
  readonly name: string;
  readonly cases: Map<string, Case>;
}

/** Gathers a run for a JUnit file. */
export interface JunitReport {
  readonly listener: Listener;
  /** The file as it stands by now. */
  xml(): string;
}

/** A run in the form that CI servers read: a suite for each play, a case for each task and host. */
export function createJunit(): JunitReport {
  const suites: Suite[] = [];
  let stage = "mailferry";
  return {
    listener(event) {
      if (event.type === "run-started") stage = event.stage;
      if (event.type === "play-started") suites.push({ name: event.name, cases: new Map() });
      if (event.type === "host-failed") lost(suites, event);
      if (event.type === "task-finished") keep(suites, event);
    },
    xml: () => write(stage, suites),
  };
}

function keep(suites: Suite[], event: TaskFinished): void {
  const { task, host } = event;
  const suite = suites.at(-1);
  if (suite === undefined) return;
  const known = suite.cases.get(`${task.id}@${host}`);
  if (known !== undefined) known.rounds.push(event);
  else {
    const place = `${task.place.file}:${task.place.line}`;
    suite.cases.set(`${task.id}@${host}`, { name: taskLabel(task), host, place, rounds: [event] });
  }
}

/** A host that is lost outside of any task is a case of its own. */
function lost(suites: Suite[], { host, message }: Extract<RunEvent, { type: "host-failed" }>): void {
  suites
    .at(-1)
    ?.cases.set(`reach@${host}`, { name: `reach ${host}: ${message}`, host, place: "", rounds: [] });
}

function write(stage: string, suites: readonly Suite[]): string {
  const root = create({ version: "1.0", encoding: "UTF-8" }).ele("testsuites", { name: stage });
  for (const { name, cases } of suites) {
    const all = [...cases.values()];
    const count = (words: readonly string[]) => all.filter((one) => words.includes(verdictOf(one))).length;
    const suite = root.ele("testsuite", {
      name,
      tests: all.length,
      failures: count(["failure"]),
      errors: count(["error"]),
      skipped: count(["skipped"]),
      time: seconds(all.flatMap(({ rounds }) => rounds)),
    });
    for (const one of all) writeCase(suite, one);
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

function writeCase(suite: ReturnType<typeof create>, one: Case): void {
  const element = suite.ele("testcase", {
    name: one.name,
    classname: one.host,
    ...(one.place === "" ? {} : { file: one.place }),
    time: seconds(one.rounds),
  });
  const verdict = verdictOf(one);
  const bad = one.rounds.find(isBad);
  if (verdict === "skipped") element.ele("skipped", { message: reasonOf(one) });
  if (verdict === "failure" || verdict === "error") {
    const { message, type, text } = bad === undefined ? unreached(one) : failureOf(bad);
    element.ele(verdict, { message, type }).txt(text);
  }
  const output = one.rounds
    .map(outputOf)
    .filter((text) => text !== "")
    .join("\n");
  if (output !== "") element.ele("system-out").txt(output);
}

/** A failure is the task's; an error is that nobody could find out. */
function verdictOf({ rounds }: Case): "passed" | "skipped" | "failure" | "error" {
  const bad = rounds.find(isBad);
  if (rounds.length === 0) return "error";
  if (bad !== undefined) return bad.outcome.status === "failed" ? "failure" : "error";
  return rounds.every(({ outcome }) => outcome.status === "skipped") ? "skipped" : "passed";
}

function isBad({ outcome }: TaskFinished): boolean {
  return "failure" in outcome && !("ignored" in outcome && outcome.ignored);
}

function failureOf({ task, outcome }: TaskFinished): { message: string; type: string; text: string } {
  if (!("failure" in outcome)) return { message: "", type: "", text: "" };
  const { failure } = outcome;
  if (task.noLog) return { message: "hidden by no_log", type: failure.kind, text: "" };
  const lines = [failure.message];
  if (failure instanceof CommandFailed) {
    if (failure.stdout !== "") lines.push(`stdout:\n${failure.stdout}`);
    if (failure.stderr !== "") lines.push(`stderr:\n${failure.stderr}`);
  }
  if (failure.next !== undefined) lines.push(`next: ${failure.next}`);
  return { message: failure.message.split("\n")[0] ?? "", type: failure.kind, text: lines.join("\n") };
}

function unreached({ name }: Case): { message: string; type: string; text: string } {
  return { message: name, type: "unreachable", text: name };
}

function reasonOf({ rounds }: Case): string {
  const [first] = rounds;
  return first?.outcome.status === "skipped" ? first.outcome.reason : "";
}

/** What the task says of itself, and what its command wrote. */
function outputOf({ task, item, outcome }: TaskFinished): string {
  if (task.noLog || isBadOutcome(outcome)) return "";
  const told =
    outcome.status === "changed" ? outcome.summary : outcome.status === "ok" ? (outcome.message ?? "") : "";
  const stdout = typeof outcome.result.stdout === "string" ? outcome.result.stdout : "";
  const text = [told, stdout].filter((part) => part !== "").join("\n");
  return item === undefined || text === "" ? text : `${item}: ${text}`;
}

function isBadOutcome(outcome: Outcome): boolean {
  return "failure" in outcome;
}

function seconds(rounds: readonly TaskFinished[]): string {
  return (rounds.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000).toFixed(3);
}
