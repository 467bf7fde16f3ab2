import { CommandFailed, Failure } from "../../contract/errors.ts";
import type { RunEvent, TaskReference } from "../../contract/events.ts";
import type { Tally } from "../../contract/outcome.ts";

const place = { file: "roles/maildir/tasks/hot.yml", line: 12, column: 5 };

/** A task as an event names it. */
export function taskOf(name: string, more: Partial<TaskReference> = {}): TaskReference {
  return { id: name, name, module: "command", place, noLog: false, ...more };
}

const copying = taskOf("Copy the mailboxes", { module: "rsync_pull", role: "maildir" });
const list = taskOf("List the findings", { module: "checklist", role: "preflight" });
const restart = taskOf("Restart Postfix", { module: "service" });
const old = "mail-old.example.org";
const fresh = "mail-new.example.org";

/** The counts of a host. */
function tallyOf(counts: Partial<Tally>): Tally {
  const none = {
    ok: 0,
    changed: 0,
    skipped: 0,
    failed: 0,
    unreachable: 0,
    unknown: 0,
    rescued: 0,
    ignored: 0,
  };
  return { ...none, ...counts };
}

/** The failure of a command that said much on stderr and something on stdout. */
export const failedCommand = new CommandFailed(
  ["doveadm", "index"],
  {
    exitCode: 75,
    stdout: Buffer.from("indexed 3 of 9\n"),
    stderr: Buffer.from("line 1\nline 2\nline 3\nline 4\n"),
  },
  { host: fresh, next: "run doveadm index -A on the new host and read what it says" },
);

/** The events of a stage that copies, shows a table, fails at one host, and ends. */
export const recordedRun: readonly RunEvent[] = [
  {
    type: "run-started",
    runId: "20261122T021700Z-a1b2c3",
    migration: "inventory--bullseye-to-trixie",
    stage: "hot-copy",
    description: "Copy the mailboxes while the old server keeps working.",
    checkMode: false,
    resumed: false,
  },
  { type: "play-started", name: "Copy", hosts: [old, fresh] },
  { type: "host-connected", host: old },
  { type: "host-connected", host: fresh },
  { type: "task-started", task: list, handler: false },
  {
    type: "task-finished",
    task: list,
    host: fresh,
    durationMs: 12,
    outcome: {
      status: "ok",
      result: {},
      message: "ok       disk    120 GB free, 40 GB wanted\nwarning  clock   2 s ahead: set up NTP",
    },
  },
  {
    type: "task-finished",
    task: list,
    host: old,
    durationMs: 1,
    outcome: { status: "skipped", result: {}, reason: "when: inventory_hostname == new_host" },
  },
  { type: "task-started", task: copying, handler: false },
  {
    type: "task-progress",
    task: copying,
    host: fresh,
    progress: {
      doneBytes: 1_200_000_000,
      totalBytes: 3_400_000_000,
      doneItems: 12_345,
      totalItems: 30_000,
      unit: "messages",
      rateBytes: 45_000_000,
      secondsLeft: 49,
    },
  },
  {
    type: "task-finished",
    task: copying,
    host: fresh,
    item: "/var/vmail",
    durationMs: 70_000,
    outcome: {
      status: "changed",
      summary: "30,000 messages, 3.4 GB",
      result: { messages: 30_000 },
      diff: [
        {
          path: "/etc/postfix/main.cf",
          before: "a = 1\nsoft_bounce = no\n",
          after: "a = 1\nsoft_bounce = yes\n",
        },
      ],
    },
  },
  { type: "notice", host: fresh, text: "37 messages were removed on the old host while they were copied" },
  { type: "task-started", task: restart, handler: true },
  {
    type: "task-finished",
    task: { ...restart, chain: ['play "new"', "role maildir (hot)"] },
    host: fresh,
    durationMs: 400,
    args: { cmd: `doveadm index -A\n${"x".repeat(300)}`, creates: "y".repeat(300), retry: [1, 2] },
    outcome: { status: "failed", result: {}, failure: failedCommand },
  },
  {
    type: "task-finished",
    task: taskOf("Read the queue"),
    host: old,
    durationMs: 400,
    outcome: {
      status: "unknown",
      result: {},
      failure: new Failure("unreachable", "the link to mail-old.example.org was lost while postqueue ran", {
        next: "run the stage again: it looks first how far it came",
      }),
    },
  },
  { type: "latch-set", latch: "new-opened", at: "2026-11-22T02:17:44.120Z" },
  { type: "downtime", seconds: 41.12, from: "2026-11-22T02:17:03.000Z", to: "2026-11-22T02:17:44.120Z" },
  {
    type: "run-finished",
    runId: "20261122T021700Z-a1b2c3",
    stage: "hot-copy",
    result: "failed",
    tallies: {
      [old]: tallyOf({ skipped: 1, unknown: 1 }),
      [fresh]: tallyOf({ ok: 1, changed: 1, failed: 1 }),
    },
    durationMs: 130_000,
  },
];
