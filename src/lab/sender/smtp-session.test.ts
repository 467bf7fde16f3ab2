import { afterEach, describe, expect, it } from "vitest";
import { takeReplies } from "./smtp-replies.ts";
import { deliver, toWire } from "./smtp-session.ts";
import {
  type Behaviour,
  type ScriptedSmtpServer,
  startScriptedSmtpServer,
} from "./testing/scripted-smtp-server.ts";

const limits = { helo: "out.test", connectTimeoutMs: 300, replyTimeoutMs: 300, dotTimeoutMs: 300 };
const mail = {
  from: "a@out.test",
  to: "b@example.org",
  content: Buffer.from("Subject: x\n\n.dot\n.\nend\n"),
};

let server: ScriptedSmtpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function deliverTo(behaviour: Behaviour | undefined) {
  server = await startScriptedSmtpServer(() => behaviour);
  return deliver({ address: "127.0.0.1", port: server.port }, mail, limits);
}

describe("deliver", () => {
  it("hands a mail over, with dots doubled and CRLF line ends", async () => {
    expect(await deliverTo(undefined)).toMatchObject({ state: "accepted", step: "dot" });
    expect(server?.kept).toEqual(["Subject: x\r\n\r\n..dot\r\n..\r\nend\r\n"]);
  });

  it.each<[Behaviour, string]>([
    [{ at: "greeting", reply: "421 busy" }, "deferred"],
    [{ at: "greeting", reply: "554 no service here" }, "deferred"],
    [{ at: "ehlo", reply: "502 what" }, "deferred"],
    [{ at: "mail", reply: "451 later" }, "deferred"],
    [{ at: "rcpt", reply: "450 unknown for now" }, "deferred"],
    [{ at: "rcpt", reply: "550 no such user" }, "refused"],
    [{ at: "data", reply: "554 no valid recipients" }, "refused"],
    [{ at: "dot", reply: "452 disk full" }, "deferred"],
    [{ at: "dot", reply: "550 spam" }, "refused"],
    [{ at: "dot", reply: "what was that?" }, "unknown"],
  ])("reads %o as %s", async (behaviour, state) => {
    expect(await deliverTo(behaviour)).toMatchObject({ state, step: behaviour.at });
  });

  it.each(["greeting", "ehlo", "mail", "rcpt", "data"] as const)(
    "knows that a cut at %s is a deferral",
    async (at) => {
      const cut = await deliverTo({ at, cut: true });
      expect(cut.state).toBe("deferred");
      // A reset may overtake the news that the connection was made.
      expect(at === "greeting" ? ["connect", at] : [at]).toContain(cut.step);
      await server?.close();
      expect(await deliverTo({ at, hang: true })).toMatchObject({ state: "deferred", step: at });
    },
  );

  it("takes a connection lost after the final dot for an unknown outcome", async () => {
    expect(await deliverTo({ at: "dot", cut: true })).toMatchObject({ state: "unknown", step: "dot" });
    await server?.close();
    expect(await deliverTo({ at: "dot", hang: true })).toMatchObject({ state: "unknown", step: "dot" });
  });

  it("takes a connection lost while the text was sent for a deferral", async () => {
    server = await startScriptedSmtpServer(() => ({ at: "content", cut: true }));
    const large = { ...mail, content: Buffer.alloc(16_000_000, `${"x".repeat(900)}\n`) };
    const outcome = await deliver({ address: "127.0.0.1", port: server.port }, large, limits);
    expect(outcome).toMatchObject({ state: "deferred", step: "data" });
  });

  it("uses TLS where it is offered, whatever the certificate", async () => {
    server = await startScriptedSmtpServer(() => undefined, { tls: true });
    const secured = await deliver({ address: "127.0.0.1", port: server.port }, mail, limits);
    expect(secured).toMatchObject({ state: "accepted", reply: expect.stringContaining("over TLS") });
    expect(server.kept).toHaveLength(1);
  });

  it.each<[Behaviour, string]>([
    [{ at: "starttls", reply: "454 TLS not available" }, "deferred"],
    [{ at: "starttls", cut: true }, "deferred"],
    [{ at: "starttls", hang: true }, "deferred"],
    [{ at: "dot", cut: true }, "unknown"],
    [{ at: "rcpt", reply: "550 no" }, "refused"],
  ])("reads %o of a server with TLS as %s", async (behaviour, state) => {
    server = await startScriptedSmtpServer(() => behaviour, { tls: true });
    const outcome = await deliver({ address: "127.0.0.1", port: server.port }, mail, limits);
    expect(outcome).toMatchObject({ state, step: behaviour.at });
  });

  it("defers when nobody listens", async () => {
    server = await startScriptedSmtpServer(() => undefined);
    const { port } = server;
    await server.close();
    server = undefined;
    const outcome = await deliver({ address: "127.0.0.1", port }, mail, limits);
    expect(outcome).toMatchObject({ state: "deferred", step: "connect" });
    expect(outcome.reply).toContain("ECONNREFUSED");
  });
});

describe("takeReplies", () => {
  it("joins the lines of a reply and keeps what is not whole", () => {
    expect(takeReplies("250-a\r\n250 b\r\n354 go\r\n25")).toEqual({
      replies: [
        { code: 250, text: "a\nb" },
        { code: 354, text: "go" },
      ],
      rest: "25",
    });
    expect(takeReplies("250-a\r\n250-b\r\n")).toEqual({ replies: [], rest: "250-a\r\n250-b\r\n" });
  });

  it("tells what is no reply", () => {
    expect(takeReplies("hello\r\n").malformed).toBe("hello");
  });
});

describe("toWire", () => {
  it("keeps every byte but line ends and leading dots", () => {
    const content = Buffer.from([0xff, 0x0a, 0x2e, 0x0d, 0x0a, 0xc3, 0xa4]);
    expect(toWire(content)).toEqual(Buffer.from([0xff, 13, 10, 0x2e, 0x2e, 13, 10, 0xc3, 0xa4, 13, 10]));
  });
});
