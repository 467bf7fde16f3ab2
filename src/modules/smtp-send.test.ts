import { describe, expect, test } from "vitest";
import { type SmtpSendArgs, smtpSend } from "./smtp-send.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { FakeLineServer, smtpServer } from "./testing/fake-line-server.ts";
import { refuses } from "./testing/run-module.ts";
import { testCertificate } from "./testing/test-certificate.ts";

async function start(): Promise<FakeLineServer> {
  return FakeLineServer.start({ greeting: "220 mail.example.org ESMTP", answer: smtpServer });
}

async function send(args: Partial<SmtpSendArgs> & { readonly port: number }) {
  const host = new FakeHost({ files: { "/etc/ca.pem": testCertificate.authority } });
  const usual = { from: "a@example.net", to: "john@example.org", timeout: 5, ca_file: "/etc/ca.pem" };
  const all = { servername: "mail.example.org", ...usual, ...args };
  expect(refuses(smtpSend, all)).toBeUndefined();
  const change = await smtpSend.check(all, host.reader(), fakeContext());
  if (change === undefined) throw new Error("there is always a mail to send");
  return (await smtpSend.apply(change, host, fakeContext())).result;
}

describe("smtp_send", () => {
  test("checking sends nothing; applying sends one mail", async () => {
    const server = await start();
    const args = { port: server.port, from: "a@example.net", to: "john@example.org" };
    const change = await smtpSend.check(args, new FakeHost().reader(), fakeContext({ checkMode: true }));
    expect(change?.summary).toBe("send a mail to john@example.org from mail-new");
    expect(server.heard).toEqual([]);
    const result = await send({
      ...args,
      subject: "Hello",
      text: "line\n.\nline",
      headers: { "X-Run": "7" },
    });
    expect(result).toMatchObject({
      accepted: ["john@example.org"],
      rejected: [],
      code: 250,
      reply: "250 2.0.0 Ok: queued as 1",
      message_id: expect.stringMatching(/^<mailferry-[0-9a-f-]{36}@example\.net>$/),
    });
    expect(server.heard).toContain(`Message-ID: ${result?.message_id}`);
    expect(server.heard).toEqual(expect.arrayContaining(["Subject: Hello", "X-Run: 7", "line", ".."]));
  });

  test("sends over STARTTLS with a login", async () => {
    const server = await start();
    const result = await send({
      port: server.port,
      tls: "starttls",
      user: "john",
      password: "canary",
      message_id: "<1@x>",
    });
    expect(result).toMatchObject({ accepted: ["john@example.org"], message_id: "<1@x>" });
    expect(server.heard.indexOf("STARTTLS")).toBeLessThan(
      server.heard.findIndex((line) => line.startsWith("AUTH")),
    );
  });

  test("a rejected recipient fails the task, unless its reply is expected", async () => {
    const { port } = await start();
    const nobody = { port, to: ["nobody@example.org"] };
    await expect(send(nobody)).rejects.toThrow("the server answers 450 4.1.1 no such user");
    expect(await send({ ...nobody, expect_reply: "^450" })).toMatchObject({
      accepted: [],
      rejected: [{ address: "nobody@example.org", code: 450, reply: "450 4.1.1 no such user" }],
      code: 450,
    });
    await expect(send({ port, to: ["john@example.org", "nobody@example.org"] })).rejects.toThrow("450 4.1.1");
    await expect(send({ port, expect_reply: "^5" })).rejects.toThrow("/^5/ was expected");
  });

  test("a server that takes nothing from that sender, or not the message itself, is a failure", async () => {
    const refusing = (word: string) => (line: string, isSecure: boolean) =>
      line.startsWith(word) ? "550 5.7.1 not from you" : smtpServer(line, isSecure);
    for (const word of ["MAIL", "."]) {
      const { port } = await FakeLineServer.start({ greeting: "220 a", answer: refusing(word) });
      await expect(send({ port })).rejects.toThrow("550 5.7.1 not from you");
    }
  });

  test("a wrong password, a wrong name, a closed port", async () => {
    const { port } = await start();
    await expect(send({ port, tls: "starttls", user: "john", password: "no" })).rejects.toThrow(
      "535 5.7.8 no",
    );
    await expect(send({ port, tls: "starttls", servername: "other.example" })).rejects.toThrow(
      "other.example",
    );
    await expect(send({ port: 1 })).rejects.toThrow("nothing answers there");
  });

  test.each([
    {},
    { from: "a@b" },
    { from: "a@b", to: "c" },
    { from: "a@b", to: "c@d", message_id: "1@x" },
    { from: "a@b", to: "c@d", required: false },
  ])("refuses the arguments %j", (args) => {
    expect(refuses(smtpSend, args)).toBeDefined();
  });
});
