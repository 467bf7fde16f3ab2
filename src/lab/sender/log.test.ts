import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSenderLog, readSenderLog } from "./log.ts";

const at = "2025-01-01T00:00:00.000Z";
const id = "<run.0@traffic.example.com>";

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "mailferry-log-")), "log.jsonl");
});
afterEach(() => rm(join(path, ".."), { recursive: true }));

describe("the sender's log", () => {
  it("counts a dot without its attempt as unknown, and forgives a line cut short by a kill", async () => {
    const log = openSenderLog(path);
    log.write({ at, event: "queued", id, to: "a@example.org", finals: ["a@example.org"] });
    log.write({ at, event: "dot", id, attempt: 1 });
    log.close();
    await appendFile(path, '{"at":"2025-01-01T00:00:0');
    expect((await readSenderLog(path)).get(id)).toMatchObject({
      state: "unknown",
      unknownAttempts: 1,
      attempts: 0,
    });
  });

  it("does not forgive a broken line in the middle", async () => {
    await appendFile(path, '{"at":\n{"at":"x","event":"started","run":"r","mode":"mx"}\n');
    await expect(readSenderLog(path)).rejects.toThrow("no JSON");
  });
});
