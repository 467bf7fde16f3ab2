import type { RunEvent } from "../contract/events.ts";
import { jsonLinesVersion } from "./json-lines.ts";

type FieldsOf<Type extends RunEvent["type"]> = Exclude<keyof Extract<RunEvent, { type: Type }>, "type">;

/** Every event with every field of it: one that is forgotten here does not compile. */
const events: {
  readonly [Type in RunEvent["type"]]: {
    readonly means: string;
    readonly fields: Readonly<Record<FieldsOf<Type>, string>>;
  };
} = {
  "run-started": {
    means: "The first event: what runs.",
    fields: {
      runId: "the id of the run, also its folder in `runs/`",
      migration: "the name of the migration",
      stage: "the stage",
      description: "what the playbook says of the stage; may be missing",
      checkMode: "true: nothing will be changed",
      resumed: "true: the last run of the stage did not end, or `--resume` was given",
      failedAt:
        "`host` and `task` at which the last run failed, when `--resume` goes on from there; may be missing",
      rollback: "true: the rollback runs in place of the stage",
    },
  },
  "play-started": {
    means: "A play, or a batch of it (`serial`), begins.",
    fields: { name: "the play", hosts: "its hosts" },
  },
  "host-connected": { means: "A host was reached.", fields: { host: "the host" } },
  "host-failed": {
    means: "A host is lost outside of any task.",
    fields: { host: "the host", message: "why", next: "what to do about it; may be missing" },
  },
  "task-started": {
    means: "A task begins on all hosts that take part.",
    fields: { task: "the task, see below", handler: "true: it runs as a handler" },
  },
  "task-progress": {
    means: "How far long work has come. It may come often.",
    fields: {
      task: "the task",
      host: "the host",
      progress:
        "what is known of `text`, `doneBytes`, `totalBytes`, `doneItems`, `totalItems`, `unit`, `rateBytes` (a second), `secondsLeft`",
    },
  },
  "task-output": {
    means: "Lines that a command writes, while it runs. Never of a task with `no_log`.",
    fields: { task: "the task", host: "the host", lines: "whole lines of its standard output" },
  },
  "task-retry": {
    means: "A task is tried again.",
    fields: {
      task: "the task",
      host: "the host",
      attempt: "which try failed, from 1",
      retries: "how many more there may be",
    },
  },
  "task-finished": {
    means: "A task ended on a host; of a loop, one item.",
    fields: {
      task: "the task",
      host: "the host",
      item: "what is shown of the loop's item; missing outside of loops",
      delegate: "the host that did the work, where it is another",
      outcome: "how it ended, see below",
      args: "of a task that failed: its arguments as rendered, secrets masked",
      durationMs: "how long it took, in milliseconds",
    },
  },
  notice: {
    means: "A line for the person.",
    fields: { host: "the host that it is about; may be missing", text: "the line" },
  },
  "latch-set": {
    means: "A one-way mark of the migration was set.",
    fields: { latch: "its name", at: "when, ISO 8601" },
  },
  "latch-lifted": { means: "A rollback lifted a mark.", fields: { latch: "its name", at: "when, ISO 8601" } },
  "downtime-estimate": {
    means: "How long the downtime of the stage will be, before it is confirmed.",
    fields: {
      aboutSeconds: "the sum of its steps, as long as they took the last time",
      atMostSeconds: "with each step twice as long, and every wait to its end",
      untimed: "tasks whose time is not known; the figures go without them then",
    },
  },
  downtime: {
    means: "The new server was seen to answer: the downtime is over.",
    fields: {
      seconds: "how long no server took mail",
      from: "since when",
      to: "until when",
      estimate: "what was said of it before: `aboutSeconds` and `atMostSeconds`; may be missing",
    },
  },
  "run-finished": {
    means: "The last event.",
    fields: {
      runId: "the id of the run",
      stage: "the stage",
      result: "`done`, `failed` or `interrupted`",
      tallies:
        "by host, how many tasks were `ok`, `changed`, `skipped`, `failed`, `unreachable`, `unknown`, `rescued`, `ignored`",
      durationMs: "how long it took, in milliseconds",
    },
  },
};

/** The events of `--json` as a page of Markdown. */
export function eventReference(): string {
  const sections = Object.entries(events).map(([type, { means, fields }]) => {
    const rows = Object.entries<string>(fields).map(([name, text]) => `| \`${name}\` | ${text} |`);
    return `## \`${type}\`\n\n${means}\n\n| field | |\n|---|---|\n${rows.join("\n")}`;
  });
  return `${[opening, ...sections].join("\n\n")}\n`;
}

const opening = `# Events

With \`--json\`, \`run\` and \`rollback\` write one JSON object per event and line to standard output, and nothing else there.
Each has \`version\` (${jsonLinesVersion}), \`time\` (ISO 8601, UTC), \`type\` and the fields below. The version is raised when a field
goes or changes its meaning; new fields and new types of events may come at any time. Known secrets are masked
everywhere; of a task with \`no_log\` there is only how it ended.

A \`task\` has \`id\` (the same as long as the task stays in its place), \`name\`, \`module\`, \`role\` (where it is in one), \`chain\`
(the play, roles and includes on the way to it), \`place\` (\`file\`, \`line\`, \`column\`) and \`noLog\`.

An \`outcome\` has \`status\` (\`ok\`, \`changed\`, \`skipped\`, \`failed\`, \`unreachable\`, \`unknown\`) and \`result\`, what \`register\` keeps.
\`changed\` has \`summary\`, \`diff\` (\`path\`, \`before\`, \`after\`) and in check mode \`foreseen\`, with \`unsure\` where only the real run can tell; \`skipped\` has \`reason\`; those that went wrong
have \`failure\`: \`kind\`, \`exitCode\` ([exit codes](exit-codes.md)), \`message\`, \`host\`, \`place\`, \`next\` and, of a command, \`command\` (\`argv\`,
\`exitCode\`, \`stdout\`, \`stderr\`).

This page is made from the code: \`npm run reference\` writes it.`;
