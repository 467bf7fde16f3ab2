import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BadInput, Failure } from "../contract/errors.ts";
import type { RunEvent } from "../contract/events.ts";
import { createPlainReport, type PlainOptions } from "./plain.ts";
import { recordedRun, taskOf } from "./testing/recorded-run.ts";

function play(events: readonly RunEvent[], options: Partial<PlainOptions> = {}): string {
  let shown = "";
  const report = createPlainReport({
    verbosity: 0,
    diff: false,
    color: false,
    write: (text) => {
      shown += text;
    },
    ...options,
  });
  for (const event of events) report.listener(event);
  report.close();
  return shown;
}

describe("createPlainReport", () => {
  it("tells a run line by line", () => {
    expect(play(recordedRun)).toBe(`Stage hot-copy: Copy the mailboxes while the old server keeps working.
migration inventory--bullseye-to-trixie, run 20261122T021700Z-a1b2c3

Copy (mail-old.example.org, mail-new.example.org)
ok       mail-new.example.org  preflight: List the findings
  ok       disk    120 GB free, 40 GB wanted
  warning  clock   2 s ahead: set up NTP
skipped  mail-old.example.org  preflight: List the findings
changed  mail-new.example.org  maildir: Copy the mailboxes (/var/vmail) [01m10s]
note     mail-new.example.org  37 messages were removed on the old host while they were copied
FAILED   mail-new.example.org  handler Restart Postfix
         doveadm ended with exit code 75
         at roles/maildir/tasks/hot.yml:12:5
         in play "new" → role maildir (hot)
         arguments:
           cmd: doveadm index -A … (2 lines)
           creates: ${"y".repeat(160)}…
           retry: [1,2]
         stdout:
           indexed 3 of 9
         stderr:
           line 1
           line 2
           line 3
           line 4
         next: run doveadm index -A on the new host and read what it says
UNKNOWN  mail-old.example.org  Read the queue
         the link to mail-old.example.org was lost while postqueue ran
         at roles/maildir/tasks/hot.yml:12:5
         next: run the stage again: it looks first how far it came
latch    new-opened is set, 02:17:44 UTC
Downtime: 41 s (from 02:17:03 UTC to 02:17:44 UTC)

host                  ok  changed  skipped  failed  unknown
mail-old.example.org   0        0        1       0        1
mail-new.example.org   1        1        0       1        0

Stage hot-copy FAILED after 2 min 10 s.
`);
  });

  it("adds reasons and summaries with -v, values with -vv, and diffs with --diff", () => {
    const once = play(recordedRun, { verbosity: 1 });
    expect(once).toContain("         when: inventory_hostname == new_host\n");
    expect(once).toContain("         30,000 messages, 3.4 GB\n");
    expect(once).not.toContain('"messages": 30000');
    expect(play(recordedRun, { verbosity: 2 })).toContain('           "messages": 30000\n');
    expect(play(recordedRun, { diff: true })).toContain("\n-soft_bounce = no\n+soft_bounce = yes\n");
  });

  it("says the same with colour as without", () => {
    const painted = play(recordedRun, { color: true });
    expect(painted).toContain("\u001b[31mFAILED\u001b[39m");
    expect(stripVTControlCharacters(painted)).toBe(play(recordedRun));
  });

  it("keeps to the width of a terminal, but for what is no prose", () => {
    const lines = play(recordedRun, { width: 80 }).split("\n");
    const long = lines.filter((line) => stringWidth(line) > 80);
    expect(long).toEqual([]);
    expect(lines).toContain("         they were copied");
  });

  it("says in check mode what would be changed", () => {
    const shown = play([
      { ...recordedRun[0], checkMode: true } as RunEvent,
      {
        type: "task-finished",
        task: taskOf("Set it"),
        host: "h",
        durationMs: 1,
        outcome: { status: "changed", summary: "soft_bounce becomes yes", foreseen: true, result: {} },
      },
      { type: "run-finished", runId: "r", stage: "hot-copy", result: "done", tallies: {}, durationMs: 400 },
    ]);
    expect(shown).toContain("Check mode: nothing will be changed.\n");
    expect(shown).toContain("would change  h  Set it\n              soft_bounce becomes yes\n");
    expect(shown).toContain("Stage hot-copy checked in 0.4 s. Nothing was changed.\n");
  });

  it("does not take a rollback for the stage", () => {
    const [first] = recordedRun;
    const last = recordedRun.at(-1);
    const shown = play([{ ...first, rollback: true } as RunEvent, { ...last, result: "done" } as RunEvent]);
    expect(shown).toContain("Rollback of stage hot-copy\n");
    expect(shown).toContain("Rollback of stage hot-copy done in 2 min 10 s.\n");
  });

  it("hides what a no_log task said, its item and its failure too", () => {
    const task = taskOf("Set the password", { noLog: true });
    const failure = new Failure("task-failed", "geheim is too short", { next: "geheim2" });
    const shown = play(
      [
        { type: "task-started", task, handler: false },
        {
          type: "task-finished",
          task,
          host: "h",
          item: "geheim",
          durationMs: 1,
          outcome: { status: "failed", failure, result: { geheim: "geheim" } },
        },
      ],
      { verbosity: 2, diff: true },
    );
    expect(shown).not.toContain("geheim");
    expect(shown).toContain("what it said is hidden (no_log)");
  });

  it("shows the lines that a fault in a file points to, and what to write", () => {
    const place = { file: "/project/play.yml", line: 3, column: 7 };
    const failure = new BadInput([
      { message: "`b` is not there", place, hint: "write has(b)" },
      { message: "no place of its own" },
    ]);
    const shown = play(
      [
        {
          type: "task-finished",
          task: taskOf("Ask it"),
          host: "h",
          durationMs: 1,
          outcome: { status: "failed", failure, result: {} },
        },
      ],
      { directory: "/project", excerpt: ({ line }, indent) => [`${line} | when: b`, `${indent} |       ^`] },
    );
    expect(shown).toBe(`FAILED   h  Ask it
         \`b\` is not there
         at play.yml:3:7
         3 | when: b
         9 |       ^
         → write has(b)
         no place of its own
         at roles/maildir/tasks/hot.yml:12:5
         12 | when: b
         9 |       ^
`);
  });

  it("tells an ignored failure from one that counts, and a host that could not be reached", () => {
    const failure = new Failure("task-failed", "no such unit");
    const shown = play([
      {
        type: "task-finished",
        task: taskOf("Stop it"),
        host: "h",
        durationMs: 1,
        outcome: { status: "failed", failure, ignored: true, result: {} },
      },
      { type: "host-failed", host: "h", message: "connection refused", next: "start sshd on h" },
    ]);
    expect(shown).toContain("ignored  h  Stop it\n");
    expect(shown).toContain("FAILED   h  connection refused\n         next: start sshd on h\n");
  });
});

describe("long work", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const task = taskOf("Copy the mailboxes", { module: "rsync_pull" });

  function start(): { report: ReturnType<typeof createPlainReport>; shown: string[] } {
    const shown: string[] = [];
    const report = createPlainReport({
      verbosity: 0,
      diff: false,
      color: false,
      write: (text) => shown.push(text),
    });
    report.listener({ type: "task-started", task, handler: false });
    return { report, shown };
  }

  it("is heard of now and then, with how far it has come", () => {
    const { report, shown } = start();
    vi.advanceTimersByTime(70_000);
    report.listener({
      type: "task-progress",
      task,
      host: "new",
      progress: { doneBytes: 5e9, text: "second pass" },
    });
    vi.advanceTimersByTime(20_000);
    report.close();
    vi.advanceTimersByTime(90_000);
    expect(shown).toEqual([
      "Still copying… [00m30s] Copy the mailboxes\n",
      "Still copying… [01m00s] Copy the mailboxes\n",
      "Still copying… [01m30s] new: second pass, 5 GB\n",
    ]);
  });

  it("is silent while a question stands on the screen", () => {
    const { report, shown } = start();
    report.suspend();
    vi.advanceTimersByTime(300_000);
    expect(shown).toEqual([]);
    report.resume();
    vi.advanceTimersByTime(30_000);
    expect(shown).toEqual(["Still copying… [05m30s] Copy the mailboxes\n"]);
    report.close();
  });
});
