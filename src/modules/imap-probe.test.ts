import { describe, expect, test } from "vitest";
import { type ImapProbeArgs, imapProbe } from "./imap-probe.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { FakeLineServer, type LineAnswer } from "./testing/fake-line-server.ts";
import { lookWith, refuses } from "./testing/run-module.ts";
import { testCertificate } from "./testing/test-certificate.ts";

/** A mailbox with two messages, of which the one with UID 7 has the Message-ID <1@x>. */
function answer(line: string): LineAnswer {
  const [tag = "", word = ""] = line.split(" ");
  const ok = (...untagged: string[]) => [...untagged, `${tag} OK done`].join("\r\n");
  const isUser = line.includes('LOGIN "john" "canary"') || line.includes("LOGIN john canary");
  const answers: Readonly<Record<string, () => LineAnswer>> = {
    CAPABILITY: () => ok("* CAPABILITY IMAP4rev1 STARTTLS"),
    STARTTLS: () => ({ reply: ok(), next: "tls" }),
    LOGIN: () => (isUser ? ok() : `${tag} NO [AUTHENTICATIONFAILED] Authentication failed.`),
    NAMESPACE: () => ok('* NAMESPACE (("" ".")) NIL NIL'),
    LIST: () => (line.endsWith('"" ""') ? ok('* LIST (\\Noselect) "." ""') : ok('* LIST () "." INBOX')),
    LSUB: () => ok('* LSUB () "." INBOX'),
    STATUS: () => ok("* STATUS INBOX (MESSAGES 2 UIDNEXT 8 UIDVALIDITY 1700000000)"),
    EXAMINE: () =>
      line.includes("INBOX")
        ? ok("* 2 EXISTS", "* OK [UIDVALIDITY 1700000000] UIDs valid", "* OK [UIDNEXT 8] next")
        : `${tag} NO Mailbox doesn't exist`,
    UID: () => ok(line.includes("<1@x>") ? "* SEARCH 7" : "* SEARCH"),
    LOGOUT: () => ({ reply: ok("* BYE"), next: "close" }),
  };
  return answers[word]?.() ?? ok();
}

async function start(implicitTls = true, greeting = "* OK Dovecot ready."): Promise<FakeLineServer> {
  return FakeLineServer.start({ greeting, answer, implicitTls });
}

async function look(args: Partial<ImapProbeArgs>) {
  const host = new FakeHost({ files: { "/etc/ca.pem": testCertificate.authority } });
  const usual = {
    servername: "mail.example.org",
    ca_file: "/etc/ca.pem",
    timeout: 5,
    user: "john",
    password: "canary",
  };
  return (await lookWith(imapProbe, { ...usual, ...args }, host)).result;
}

describe("imap_probe", () => {
  test("logs in, lists, opens the mailbox to read, and finds a message", async () => {
    const server = await start();
    expect(await look({ port: server.port, find_message_id: "<1@x>" })).toMatchObject({
      reachable: true,
      authenticated: true,
      greeting: "Dovecot ready.",
      folders: [{ path: "INBOX", subscribed: true, messages: 2, uid_validity: 1_700_000_000, uid_next: 8 }],
      exists: 2,
      uid_validity: 1_700_000_000,
      uid_next: 8,
      found: true,
      uids: [7],
      error: null,
    });
    expect(server.heard.some((line) => line.includes("SELECT"))).toBe(false);
  });

  test("says when a message is not there, and nothing when none was asked for", async () => {
    const { port } = await start();
    expect(await look({ port, find_message_id: "<2@x>" })).toMatchObject({ found: false, uids: [] });
    expect(await look({ port })).toMatchObject({ found: null });
  });

  test("begins TLS in the protocol", async () => {
    const server = await start(false);
    expect(await look({ port: server.port, tls: "starttls" })).toMatchObject({ authenticated: true });
    expect(server.heard.some((line) => line.endsWith(" STARTTLS"))).toBe(true);
  });

  test("a wrong password fails the task, or is told", async () => {
    const { port } = await start();
    await expect(look({ port, password: "no" })).rejects.toThrow(
      "the login of john failed: Authentication failed.",
    );
    const told = await look({ port, password: "no", required: false });
    expect(told).toMatchObject({
      reachable: true,
      authenticated: false,
      error: expect.stringContaining("login of john"),
    });
  });

  test("a mailbox that isn't there, another name, a closed port", async () => {
    const { port } = await start();
    await expect(look({ port, mailbox: "Nope" })).rejects.toThrow("Mailbox doesn't exist");
    await expect(look({ port, servername: "other.example" })).rejects.toThrow("other.example");
    expect(await look({ port, servername: "other.example", verify: false })).toMatchObject({
      authenticated: true,
    });
    expect(await look({ port: 1, required: false })).toMatchObject({ reachable: false, found: null });
  });

  test.each([
    {},
    { user: "a" },
    { user: "a", password: "b", mailbox: "" },
    { user: "a", password: "b", tls: "ssl" },
  ])("refuses the arguments %j", (args) => {
    expect(refuses(imapProbe, args)).toBeDefined();
  });
});
