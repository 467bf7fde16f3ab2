import { describe, expect, test } from "vitest";
import { type SmtpProbeArgs, smtpProbe } from "./smtp-probe.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { FakeLineServer, smtpServer } from "./testing/fake-line-server.ts";
import { lookWith, refuses } from "./testing/run-module.ts";
import { testCertificate } from "./testing/test-certificate.ts";

async function start(implicitTls = false): Promise<FakeLineServer> {
  return FakeLineServer.start({ greeting: "220 mail.example.org ESMTP", answer: smtpServer, implicitTls });
}

async function look(args: SmtpProbeArgs) {
  const host = new FakeHost({ files: { "/etc/ca.pem": testCertificate.authority } });
  const usual = { servername: "mail.example.org", ca_file: "/etc/ca.pem", timeout: 5 };
  return (await lookWith(smtpProbe, { ...usual, ...args }, host)).result;
}

describe("smtp_probe", () => {
  test("says hello and goodbye", async () => {
    const server = await start();
    expect(await look({ port: server.port })).toEqual({
      reachable: true,
      banner: "mail.example.org ESMTP",
      capabilities: ["STARTTLS", "AUTH PLAIN", "8BITMIME"],
      starttls: true,
      tls: null,
      authenticated: false,
      accepted: null,
      code: 220,
      reply: "220 mail.example.org ESMTP",
      error: null,
    });
    expect(server.heard).toEqual(["EHLO mail-new.example.org", "QUIT"]);
  });

  test("asks for a recipient and sends no mail", async () => {
    const server = await start();
    expect(await look({ port: server.port, to: "john@example.org" })).toMatchObject({
      accepted: true,
      code: 250,
    });
    expect(server.heard.slice(1)).toEqual(["MAIL FROM:<>", "RCPT TO:<john@example.org>", "RSET", "QUIT"]);
  });

  test("registers a refusal, and fails when another reply was expected", async () => {
    const { port } = await start();
    const nobody = { port, to: "nobody@example.org", from: "a@example.net" };
    expect(await look({ ...nobody, expect_reply: "^450 4\\." })).toMatchObject({
      accepted: false,
      code: 450,
      reply: "450 4.1.1 no such user",
    });
    await expect(look({ ...nobody, expect_reply: "^550" })).rejects.toThrow(
      'answers "450 4.1.1 no such user"',
    );
  });

  test.each(["starttls", "implicit"] as const)("talks over TLS (%s), and logs in", async (tls) => {
    const server = await start(tls === "implicit");
    const result = await look({ port: server.port, tls, user: "john", password: "canary" });
    expect(result).toMatchObject({
      authenticated: true,
      tls: { authorized: true },
      capabilities: ["AUTH PLAIN", "8BITMIME"],
    });
  });

  test("a wrong password fails the task, or is told", async () => {
    const { port } = await start();
    const wrong = { port, tls: "starttls", user: "john", password: "wrong" } as const;
    await expect(look(wrong)).rejects.toThrow("answers the login of john with 535 5.7.8 no");
    expect(await look({ ...wrong, required: false })).toMatchObject({
      reachable: true,
      authenticated: false,
    });
  });

  test("a certificate for another name ends it before any login", async () => {
    const server = await start();
    const wrong = {
      port: server.port,
      tls: "starttls",
      servername: "other.example",
      user: "john",
      password: "canary",
    } as const;
    await expect(look(wrong)).rejects.toThrow("not good for other.example");
    expect(server.heard.join()).not.toContain("AUTH");
    expect(await look({ ...wrong, verify: false })).toMatchObject({ authenticated: true });
  });

  test("a server that is closed, hangs up or speaks something else", async () => {
    expect(await look({ port: 1, required: false })).toMatchObject({ reachable: false, banner: null });
    const other = await FakeLineServer.start({ greeting: "SSH-2.0-OpenSSH_9.2", answer: () => undefined });
    await expect(look({ port: other.port })).rejects.toThrow("this is no SMTP reply: SSH-2.0");
    const busy = await FakeLineServer.start({ greeting: "421 too busy", answer: () => undefined });
    await expect(look({ port: busy.port })).rejects.toThrow("answers the greeting with 421 too busy");
    const endless = await FakeLineServer.start({
      greeting: Array<string>(2000).fill("220-x").join("\r\n"),
      answer: () => undefined,
    });
    await expect(look({ port: endless.port })).rejects.toThrow("the server sends a reply without an end");
    const quits = await FakeLineServer.start({
      greeting: "220 a",
      answer: () => ({ reply: "250-x", next: "close" }),
    });
    await expect(look({ port: quits.port })).rejects.toThrow("the server hung up");
  });

  test("an interrupted run is no fault of the server", async () => {
    const { port } = await FakeLineServer.start({ greeting: "220-wait", answer: () => undefined });
    const stop = new AbortController();
    const context = fakeContext({ signal: stop.signal });
    const looking = lookWith(smtpProbe, { port, required: false }, new FakeHost(), context);
    setTimeout(() => stop.abort(), 50);
    await expect(looking).rejects.toMatchObject({ kind: "interrupted" });
  });

  test.each([{ to: "a>b@c" }, { tls: "maybe" }, { send: true }, { port: "25" }])(
    "refuses the arguments %j",
    (args) => {
      expect(refuses(smtpProbe, args)).toBeDefined();
    },
  );
});
