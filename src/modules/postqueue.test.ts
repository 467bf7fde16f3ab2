import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { postqueue } from "./postqueue.ts";
import { type FakeCommand, FakeHost } from "./testing/fake-host.ts";
import { localShell } from "./testing/local-shell.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

function queued(queue_name: string, queue_id: string, arrival_time: number): string {
  const recipients = [{ address: "b@example.org", delay_reason: "greylisted" }];
  return JSON.stringify({
    ...{ queue_name, queue_id, arrival_time },
    message_size: 321,
    sender: "a@example.org",
    recipients,
  });
}

function postfixHost(listing: string, files: string, more: FakeCommand[] = []): FakeHost {
  return new FakeHost({
    facts: { clock: 1000.4 },
    files: { "/var/spool/postfix": { type: "directory" } },
    commands: [
      ...more,
      { argv: ["postqueue", "-j"], answer: listing },
      { argv: ["postconf", "-h", "queue_directory"], answer: "/var/spool/postfix\n" },
      { argv: ["find", "/var/spool/postfix/maildrop"], answer: { exitCode: 1, stdout: files } },
    ],
  });
}

describe("postqueue", () => {
  test("an empty queue", async () => {
    const look = await lookWith(postqueue, {}, postfixHost("", ""));
    expect(look.message).toBe("empty");
    expect(look.result).toEqual({
      count: 0,
      queues: { maildrop: 0, incoming: 0, active: 0, deferred: 0, hold: 0, corrupt: 0 },
      ...{ oldest_age: null, messages: [], truncated: false },
    });
  });

  test("counts by listing and by files, and lists the first", async () => {
    const listing = [queued("deferred", "A", 400), queued("deferred", "B", 900), queued("hold", "C", 950)];
    const files = ["corrupt", "deferred", "maildrop", "maildrop"].map(
      (name) => `/var/spool/postfix/${name}\n`,
    );
    const host = postfixHost(`${listing.join("\n")}\n`, files.join(""));
    const { result } = await lookWith(postqueue, { limit: 2 }, host);
    expect(result).toMatchObject({
      count: 6,
      queues: { maildrop: 2, incoming: 0, active: 0, deferred: 2, hold: 1, corrupt: 1 },
      ...{ oldest_age: 600, truncated: true },
    });
    expect(result?.messages).toEqual([
      expect.objectContaining({ queue: "deferred", queue_id: "A", arrived: 400, size: 321 }),
      expect.objectContaining({ recipients: [{ address: "b@example.org", reason: "greylisted" }] }),
    ]);
    const held = await lookWith(postqueue, { queues: ["hold", "corrupt"] }, host);
    expect(held.result).toMatchObject({ count: 2, oldest_age: 50, truncated: false });
    expect(held.message).toBe("hold 1, corrupt 1");
  });

  test("counts no file that was not accepted yet, and every corrupt one", async () => {
    const spool = temporaryDirectory();
    for (const [queue, id, mode] of [
      ["incoming", "4F1A", 0o600],
      ["incoming", "4F1B", 0o700],
      ["deferred/5", "5B2C", 0o740],
      ["corrupt", "6D3E", 0o400],
    ] as const) {
      mkdirSync(join(spool, queue), { recursive: true });
      writeFileSync(join(spool, queue, id), "");
      chmodSync(join(spool, queue, id), mode);
    }
    const host = new FakeHost({
      files: { [spool]: { type: "directory" } },
      commands: [
        { argv: ["postqueue", "-j"], answer: "" },
        { argv: ["postconf", "-h", "queue_directory"], answer: `${spool}\n` },
        { argv: ["find", `${spool}/maildrop`], answer: localShell },
      ],
    });
    const { result } = await lookWith(postqueue, {}, host);
    expect(result).toMatchObject({
      count: 3,
      queues: { maildrop: 0, incoming: 1, active: 0, deferred: 1, hold: 0, corrupt: 1 },
    });
  });

  test("asks another instance", async () => {
    const config = "/etc/postfix-out";
    const host = postfixHost("", "", [
      { argv: ["postqueue", "-c", config, "-j"], answer: "" },
      { argv: ["postconf", "-c", config, "-h", "queue_directory"], answer: "/var/spool/out\n" },
      { argv: ["find", "/var/spool/out/maildrop"], answer: { exitCode: 1 } },
    ]);
    const gone = lookWith(postqueue, { config_directory: config }, host);
    await expect(gone).rejects.toThrow("no queue of Postfix at /var/spool/out");
  });

  test("a listing that breaks off is an error", async () => {
    await expect(lookWith(postqueue, {}, postfixHost('{"queue_name": ', ""))).rejects.toThrow();
  });

  test.each([{ queues: ["nope"] }, { limit: -1 }, { queue: "hold" }])("refuses %j", (args) => {
    expect(refuses(postqueue, args)).toBeDefined();
  });
});
