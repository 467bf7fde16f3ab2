import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { stateLines } from "../../../src/cli/state-lines.ts";
import { Failure } from "../../../src/contract/errors.ts";
import { temporaryDirectory } from "../../../src/contract/testing/temporary-directory.ts";
import {
  type JournalEntry,
  type JournalFact,
  openJournal,
  readJournal,
} from "../../../src/engine/journal.ts";
import { openIntents } from "../../../src/engine/open-intents.ts";
import { deriveState } from "../../../src/engine/state.ts";
import type { Playbook } from "../../../src/language/model/playbook.ts";
import { effortOfOne, nearly, nearlyBytes } from "./foreign.ts";

const effort = effortOfOne(4);

let file: string;
beforeEach(() => {
  file = join(temporaryDirectory(), "journal.jsonl");
});

const now = () => new Date("2026-01-02T03:04:05Z");

/** One entry of every type. */
const facts: readonly JournalFact[] = [
  { type: "stage-started", stage: "cutover", playbook: "/p.yml", inventory: "/i.yml" },
  { type: "task-intent", task: "p1.tasks.1", host: "é", for: "new", summary: "run \u001b[2J" },
  { type: "task-outcome", task: "p1.tasks.1", host: "é", status: "changed" },
  { type: "job-started", task: "p1.tasks.2", host: "new", job: "rsync-1", user: "root", asyncTask: "Copy" },
  { type: "job-collected", task: "p1.tasks.2", host: "new", job: "rsync-1" },
  { type: "link-opened", source: "old", target: "new", directory: "/var/vmail" },
  { type: "links-closed", source: "old", target: "new" },
  { type: "handler-notified", handler: "restart", host: "new" },
  { type: "handler-done", handler: "restart", host: "new" },
  { type: "latch-set", latch: "old-frozen" },
  { type: "mail-copied", oldHost: "old", newHost: "new", root: "/var/vmail" },
  {
    type: "proof-passed",
    oldHost: "old",
    newHost: "new",
    root: "/var/vmail",
    takenAt: "2026-01-02T03:04:05Z",
  },
  { type: "latch-set", latch: "new-serving", since: "2026-01-02T03:04:06Z" },
  { type: "mail-merged", oldHost: "old", newHost: "new", root: "/var/vmail" },
  { type: "latch-lifted", latch: "old-frozen" },
  { type: "task-times", stage: "cutover", times: {} },
  { type: "downtime-estimated", aboutSeconds: 1, atMostSeconds: 2 },
  { type: "stage-failed", stage: "cutover", message: "no", task: "Copy", host: "new" },
  { type: "rollback-started", stage: "cutover" },
  { type: "rollback-done", stage: "cutover" },
  { type: "stage-partial", stage: "cutover" },
  { type: "stage-done", stage: "cutover", undoes: ["prepare"] },
];
const sound = facts.map((fact) => `${JSON.stringify({ at: now().toISOString(), run: "run-1", ...fact })}\n`);

test("a journal with an entry of every type is read whole", () => {
  writeFileSync(file, sound.join(""));
  expect(read()).toHaveLength(facts.length);
});

test("damaged anywhere, a journal is read, or the fault is told with its line", () => {
  const lines = fc.shuffledSubarray(sound as string[]).map((some) => some.join(""));
  const damaged = lines.chain((text) => nearly([text]));
  const bytes = lines.chain((text) => nearlyBytes(Buffer.from(text)));
  fc.assert(
    fc.property(fc.oneof(damaged, bytes), (text) => {
      writeFileSync(file, text);
      read();
    }),
    effort,
  );
});

test("lines of other programs among its own are told with their place", () => {
  const entry = fc.record({
    at: fc.json(),
    run: fc.string(),
    type: fc.constantFrom(...facts.map(({ type }) => type)),
  });
  const foreign = fc.oneof(
    fc.json(),
    entry.map((value) => JSON.stringify(value)),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.nat({ max: sound.length }), foreign, (at, line) => {
      writeFileSync(file, [...sound.slice(0, at), `${line}\n`, ...sound.slice(at)].join(""));
      read();
    }),
    effort,
  );
});

test("in another order, or with entries that are missing, it is read to its end", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(sound as string[]), (some) => {
      writeFileSync(file, some.join(""));
      expect(read()).toHaveLength(some.length);
    }),
    effort,
  );
});

test("cut short at any byte it holds what was whole, and goes on behind that", () => {
  const whole = Buffer.from(sound.join(""));
  // A byte that is no UTF-8 counts as three where it is read as text.
  whole[whole.indexOf("é")] = 0xff;
  fc.assert(
    fc.property(fc.nat({ max: whole.length }), (length) => {
      const lines = whole.subarray(0, length).toString("latin1").split("\n").length - 1;
      writeFileSync(file, whole.subarray(0, length));
      expect(read()).toHaveLength(lines);
      const journal = openJournal(file, "run-2", now);
      journal.append({ type: "rollback-done", stage: "cutover" });
      journal.close();
      expect(read()?.slice(lines)).toMatchObject([{ run: "run-2", type: "rollback-done" }]);
      expect(readFileSync(file, "utf8").split("\n")).toHaveLength(lines + 2);
    }),
    effort,
  );
});

/** What Mailferry makes of the journal; undefined when it told a fault, which has to name the line. */
function read(): readonly JournalEntry[] | undefined {
  try {
    const entries = readJournal(file);
    openIntents(entries);
    stateLines({ stages: [] } as unknown as Playbook, deriveState(entries), now());
    return entries;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const count = readFileSync(file, "latin1").split("\n").length;
    const line = Number(error.message.startsWith(`${file}:`) && /:([0-9]+): /.exec(error.message)?.[1]);
    expect(error.kind).toBe("bad-input");
    expect(line, error.message).toBeGreaterThan(0);
    expect(line).toBeLessThanOrEqual(count);
    return undefined;
  }
}
