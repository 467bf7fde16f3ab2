import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { openJournal, readJournal } from "./journal.ts";

const file = () => join(temporaryDirectory(), "state", "journal.jsonl");
const now = () => new Date("2026-01-02T03:04:05Z");

describe("journal", () => {
  test("keeps entries in order, with time and run", () => {
    const path = file();
    const journal = openJournal(path, "run-1", now);
    journal.append({ type: "stage-done", stage: "prepare" });
    journal.append({ type: "latch-set", latch: "old-frozen" });
    journal.close();
    expect(readJournal(path)).toEqual([
      { at: "2026-01-02T03:04:05.000Z", run: "run-1", type: "stage-done", stage: "prepare" },
      { at: "2026-01-02T03:04:05.000Z", run: "run-1", type: "latch-set", latch: "old-frozen" },
    ]);
  });

  test("holds nothing that acts on a terminal it is shown on, and gives back what was said", () => {
    const path = file();
    const journal = openJournal(path, "run-1", now);
    const message = "a\u001b[2J\u009b2J\u202eb\ufeff é";
    journal.append({ type: "stage-failed", stage: "prepare", message });
    journal.close();
    expect(readFileSync(path, "utf8")).toMatch(/a\\u001b\[2J\\u009b2J\\u202eb\\ufeff é/);
    expect(readJournal(path)).toMatchObject([{ message }]);
  });

  test("that is a link is neither read nor written", () => {
    const path = file();
    mkdirSync(dirname(path));
    const other = join(dirname(path), "other");
    writeFileSync(other, "");
    symlinkSync(other, path);
    for (const open of [() => readJournal(path), () => openJournal(path, "run-1", now)]) {
      expect(open).toThrow(expect.objectContaining({ message: `${path} is a link to another file` }));
    }
    expect(readFileSync(other, "utf8")).toBe("");
  });

  test("leaves a line out that a crash cut short, and goes on after the whole ones", () => {
    const path = file();
    const journal = openJournal(path, "run-1", now);
    journal.append({ type: "stage-done", stage: "prepare" });
    journal.close();
    appendFileSync(path, '{"at":"2026-01-02T03:0');
    expect(readJournal(path)).toHaveLength(1);

    const next = openJournal(path, "run-2", now);
    next.append({ type: "stage-done", stage: "hot-copy" });
    next.close();
    expect(readJournal(path).map((entry) => entry.run)).toEqual(["run-1", "run-2"]);
    expect(readFileSync(path, "utf8").endsWith("\n")).toBe(true);
  });

  test("names the line that is damaged in the middle", () => {
    const path = file();
    openJournal(path, "run-1", now).close();
    writeFileSync(path, 'nonsense\n{"type":"stage-done"}\n');
    expect(() => readJournal(path)).toThrow(`${path}:1`);
  });

  test("has an entry in the file before it is committed, in the order of giving", async () => {
    const path = file();
    const journal = openJournal(path, "run-1", now);
    const hosts = ["a", "b", "c"];
    const committing = hosts.map((host) =>
      journal.commit({ type: "task-intent", task: "t", host, summary: "make it" }),
    );
    journal.note({ type: "task-outcome", task: "t", host: "d", status: "changed" });
    journal.append({ type: "stage-done", stage: "prepare" });
    await Promise.all(committing);
    const written = readJournal(path).map((entry) => ("host" in entry ? entry.host : entry.type));
    journal.close();
    expect(written).toEqual(["a", "b", "c", "d", "stage-done"]);
  });

  test("a journal that was never written is empty", () => {
    expect(readJournal(file())).toEqual([]);
  });
});
