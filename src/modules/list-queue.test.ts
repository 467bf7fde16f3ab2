import { chmodSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import type { QueuedMessage } from "../mail/queue-listing.ts";
import { listQueue } from "./list-queue.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { localShellWith } from "./testing/local-shell.ts";

test("a Postfix before 3.1 is listed by the files of its mail, and a retry that lies ahead is no arrival", async () => {
  const directory = temporaryDirectory();
  const spool = join(directory, "spool");
  for (const [queue, id, mode, time] of [
    ["incoming", "3E1F", 0o600, 1_700_000_000],
    ["active", "4F1A", 0o700, 1_700_000_000],
    ["deferred/5", "5B2C", 0o700, 4_000_000_000],
  ] as const) {
    mkdirSync(join(spool, queue), { recursive: true });
    writeFileSync(join(spool, queue, id), "0123456789");
    chmodSync(join(spool, queue, id), mode);
    utimesSync(join(spool, queue, id), time, time);
  }
  writeFileSync(join(directory, "postconf"), `#!/bin/sh\necho ${spool}\n`);
  chmodSync(join(directory, "postconf"), 0o755);
  const host = new FakeHost({
    commands: [
      { argv: ["postqueue", "-j"], answer: { exitCode: 64, stderr: "postqueue: invalid option -- 'j'" } },
      { argv: ["sh", "-c"], answer: localShellWith(directory) },
    ],
  });

  const listed: QueuedMessage[] = [];
  await listQueue(host, [], (message) => listed.push(message));
  expect(listed.map(({ queue, queueId, sizeBytes }) => [queue, queueId, sizeBytes])).toEqual([
    ["active", "4F1A", 10],
    ["deferred", "5B2C", 10],
  ]);
  expect(listed[0]?.arrivedAt).toBe(1_700_000_000);
  expect(listed[1]?.arrivedAt).toBeLessThanOrEqual(Date.now() / 1000);
});
