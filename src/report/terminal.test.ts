import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTerminalReport } from "./terminal.ts";
import { recordedRun, taskOf } from "./testing/recorded-run.ts";

/** A terminal 80 columns wide that keeps what is written to it. */
class FakeTerminal extends Writable {
  readonly isTTY = true;
  readonly columns = 80;
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  cursorTo(): boolean {
    return true;
  }

  moveCursor(): boolean {
    return true;
  }

  clearLine(): boolean {
    this.text += "<clear>";
    return true;
  }
}

describe("createTerminalReport", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const copying = taskOf("Copy the mailboxes", { module: "rsync_pull", role: "maildir" });
  const progress = { doneBytes: 1.2e9, totalBytes: 3.4e9, rateBytes: 45e6, secondsLeft: 49 };

  function start(): {
    terminal: FakeTerminal;
    report: ReturnType<typeof createTerminalReport>;
    since: () => string;
  } {
    const terminal = new FakeTerminal();
    const report = createTerminalReport({ stream: terminal, color: false, verbosity: 0, diff: false });
    let seen = 0;
    const since = () => {
      const text = stripVTControlCharacters(terminal.text.slice(seen));
      seen = terminal.text.length;
      return text;
    };
    return { terminal, report, since };
  }

  it("shows the task under way with a clock that goes on, and how far each host has come", () => {
    const { report, since } = start();
    report.listener({ type: "task-started", task: copying, handler: false });
    expect(since()).toContain("maildir: Copy the mailboxes [00m00s]");
    report.listener({ type: "task-progress", task: copying, host: "new", progress });
    vi.advanceTimersByTime(70_000);
    const shown = since();
    expect(shown).toContain("maildir: Copy the mailboxes [01m10s]");
    expect(shown).toContain("  new: 1.2 GB of 3.4 GB, 35 %, 45 MB/s, about 49 s left");
    report.close();
  });

  it("writes the results as lines that stay", () => {
    const { report, terminal } = start();
    for (const event of recordedRun) report.listener(event);
    report.close();
    const shown = stripVTControlCharacters(terminal.text);
    expect(shown).toContain(
      "changed  mail-new.example.org  maildir: Copy the mailboxes (/var/vmail) [01m10s]\n",
    );
    expect(shown).toContain("Stage hot-copy FAILED after 2 min 10 s.\n");
  });

  it("leaves the screen to a question and comes back", () => {
    const { report, since } = start();
    report.listener({ type: "task-started", task: copying, handler: false });
    report.suspend();
    since();
    vi.advanceTimersByTime(5000);
    report.listener({ type: "task-progress", task: copying, host: "new", progress });
    expect(since()).toBe("");
    report.resume();
    expect(since()).toContain("new: 1.2 GB of 3.4 GB");
    report.close();
    since();
    vi.advanceTimersByTime(5000);
    expect(since()).toBe("");
  });

  it("cuts the name of a task so that its clock is seen", () => {
    const { report, since } = start();
    report.listener({ type: "task-started", task: taskOf("x".repeat(200)), handler: false });
    const line = since().split("\n")[0] ?? "";
    expect(line).toMatch(/x… \[00m00s\]$/);
    expect(line.length).toBeLessThanOrEqual(80);
    report.close();
  });
});
