import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSenderLog, readSenderLog } from "./log.ts";
import type { SenderOptions } from "./options.ts";
import { Sender } from "./sender.ts";
import {
  type Behaviour,
  type ScriptedSmtpServer,
  startScriptedSmtpServer,
} from "./testing/scripted-smtp-server.ts";

let directory: string;
let server: ScriptedSmtpServer | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mailferry-sender-"));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

async function start(script: (connection: number) => Behaviour | undefined, more: Partial<SenderOptions>) {
  server = await startScriptedSmtpServer(script);
  const path = join(directory, "log.jsonl");
  const log = openSenderLog(path);
  const options: SenderOptions = {
    run: "test",
    route: { mode: "pinned", address: "127.0.0.1" },
    port: server.port,
    recipients: [{ address: "info@example.org", finals: ["a@example.org", "b@example.org"] }],
    rate: 200,
    retryDelaysMs: [30],
    drainRetryMs: 30,
    replyTimeoutMs: 200,
    dotTimeoutMs: 200,
    ...more,
  };
  return { sender: new Sender(options, log), path };
}

describe("Sender", () => {
  it("sends until its count is reached, each mail once", async () => {
    const { sender, path } = await start(() => undefined, { count: 30 });
    expect(await sender.finished).toEqual({
      queued: 30,
      accepted: 30,
      refused: 0,
      unknown: 0,
      waiting: 0,
      deferrals: 0,
    });
    expect(new Set(server?.kept).size).toBe(30);
    const records = await readSenderLog(path);
    expect(records.size).toBe(30);
    expect(records.get("<test.0@traffic.example.com>")).toMatchObject({
      to: "info@example.org",
      finals: ["a@example.org", "b@example.org"],
      state: "accepted",
      attempts: 1,
      unknownAttempts: 0,
      server: `127.0.0.1:${server?.port}`,
    });
  });

  it("tries again after a deferral, and not after a refusal", async () => {
    const { sender, path } = await start(
      (n) => {
        if (n === 0) return { at: "rcpt", reply: "450 not yet" };
        return n === 1 ? { at: "rcpt", reply: "550 never" } : undefined;
      },
      { count: 3, connections: 1 },
    );
    expect(await sender.finished).toMatchObject({ accepted: 2, refused: 1, deferrals: 1 });
    const states = [...(await readSenderLog(path)).values()].map(({ state, attempts }) => [state, attempts]);
    expect(states.sort()).toEqual([
      ["accepted", 1],
      ["accepted", 2],
      ["refused", 1],
    ]);
  });

  it("tries again when the outcome is unknown, and remembers that the mail may be doubled", async () => {
    const { sender, path } = await start((n) => (n === 0 ? { at: "dot", cut: true } : undefined), {
      count: 1,
    });
    expect(await sender.finished).toMatchObject({ accepted: 1, unknown: 0 });
    expect(server?.kept).toHaveLength(2);
    expect(server?.kept[0]).toBe(server?.kept[1]);
    const [record] = (await readSenderLog(path)).values();
    expect(record).toMatchObject({ state: "accepted", attempts: 2, unknownAttempts: 1 });
  });

  it("keeps to its number of connections", async () => {
    const { sender } = await start(() => ({ at: "greeting", hang: true }), {
      connections: 3,
      replyTimeoutMs: 5000,
    });
    await until(() => sender.tally().queued >= 20 && server?.connections() === 3);
    sender.abandon();
    expect(await sender.finished).toMatchObject({ accepted: 0, unknown: 0 });
    expect(server?.connections()).toBe(3);
  });

  it("stops to make mails when told, and still empties its queue", async () => {
    let open = false;
    const { sender } = await start(() => (open ? undefined : { at: "greeting", reply: "421 frozen" }), {});
    await until(() => sender.tally().queued >= 5);
    sender.stop();
    const { queued } = sender.tally();
    open = true;
    expect(await sender.finished).toMatchObject({ queued, accepted: queued, waiting: 0 });
  });

  it("gives up at the end of the drain time and says what is left", async () => {
    const { sender, path } = await start(
      (n) => (n === 0 ? { at: "dot", cut: true } : { at: "mail", reply: "451 no" }),
      { count: 4, drainMs: 150 },
    );
    expect(await sender.finished).toMatchObject({ queued: 4, accepted: 0, unknown: 1, waiting: 3 });
    const states = [...(await readSenderLog(path)).values()].map((record) => record.state).sort();
    expect(states).toEqual(["unknown", "waiting", "waiting", "waiting"]);
  });

  it("makes no new mails while its queue is full", async () => {
    const { sender } = await start(() => ({ at: "mail", reply: "451 no" }), {
      longestQueue: 5,
      connections: 1,
    });
    await until(() => sender.tally().deferrals >= 10);
    expect(sender.tally().queued).toBeLessThanOrEqual(7);
    sender.abandon();
    await sender.finished;
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
