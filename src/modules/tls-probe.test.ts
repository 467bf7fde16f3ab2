import { describe, expect, test } from "vitest";
import { FakeHost } from "./testing/fake-host.ts";
import { FakeLineServer, type LineAnswer, smtpServer } from "./testing/fake-line-server.ts";
import { lookWith, refuses } from "./testing/run-module.ts";
import { testCertificate } from "./testing/test-certificate.ts";
import { type TlsProbeArgs, tlsProbe } from "./tls-probe.ts";

const silent = () => undefined;

async function look(args: Partial<TlsProbeArgs> & { readonly port: number }) {
  const host = new FakeHost({ files: { "/etc/ca.pem": testCertificate.authority } });
  const usual = { servername: "mail.example.org", ca_file: "/etc/ca.pem", timeout: 5 };
  return (await lookWith(tlsProbe, { ...usual, ...args }, host)).result;
}

const imap = (line: string): LineAnswer =>
  line === "a1 STARTTLS" ? { reply: "* CAPABILITY IMAP4rev1\r\na1 OK begin", next: "tls" } : undefined;
const pop3 = (line: string): LineAnswer =>
  line === "STLS" ? { reply: "+OK begin", next: "tls" } : undefined;

describe("tls_probe", () => {
  test("says what the certificate says", async () => {
    const { port } = await FakeLineServer.start({ greeting: "", answer: silent, implicitTls: true });
    expect(await look({ port })).toMatchObject({
      reachable: true,
      subject: "CN=mail.example.org",
      names: ["mail.example.org", "imap.example.org", "127.0.0.1"],
      issuer: "CN=Test CA",
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
      protocol: "TLSv1.3",
      authorized: true,
      error: null,
    });
  });

  test.each([
    ["smtp", "220-mail\r\n220 ready", smtpServer],
    ["imap", "* OK ready", imap],
    ["pop3", "+OK ready", pop3],
  ] as const)("asks for TLS in %s", async (starttls, greeting, answer) => {
    const { port } = await FakeLineServer.start({ greeting, answer });
    expect(await look({ port, starttls })).toMatchObject({ authorized: true });
  });

  test("fails for another name, and only tells it where it is not required", async () => {
    const { port } = await FakeLineServer.start({ greeting: "", answer: silent, implicitTls: true });
    const other = { port, servername: "other.example" };
    await expect(look(other)).rejects.toThrow("is not good for other.example: ERR_TLS_CERT_ALTNAME_INVALID");
    expect(await look({ ...other, required: false })).toMatchObject({ reachable: true, authorized: false });
    expect(await look({ ...other, verify: false })).toMatchObject({ authorized: false });
  });

  test("takes an address for a name when the certificate names it", async () => {
    const { port } = await FakeLineServer.start({ greeting: "", answer: silent, implicitTls: true });
    expect(await look({ port, servername: "127.0.0.1" })).toMatchObject({ authorized: true });
    await expect(look({ port, servername: "127.0.0.9" })).rejects.toThrow("is not good for 127.0.0.9");
  });

  test("fails for a certificate from nobody it knows, and for one that ends too soon", async () => {
    const { port } = await FakeLineServer.start({ greeting: "", answer: silent, implicitTls: true });
    const unknown = lookWith(tlsProbe, { port, servername: "mail.example.org" }, new FakeHost());
    await expect(unknown).rejects.toThrow("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    await expect(look({ port, min_days: 1_000_000 })).rejects.toThrow("more days, until 21");
  });

  test("tells a plain port from TLS, a closed port, a silent one and one that has no STARTTLS", async () => {
    const plain = await FakeLineServer.start({ greeting: "220 hello", answer: silent });
    await expect(look({ port: plain.port })).rejects.toThrow("no TLS: wrong version number");
    const quiet = await FakeLineServer.start({ greeting: "", answer: silent });
    const asked = { port: quiet.port, starttls: "imap", required: false } as const;
    expect(await look({ ...asked })).toMatchObject({ error: "the server greets with an error" });
    expect(await look({ ...asked, starttls: "none", timeout: 0.1 })).toEqual({
      reachable: false,
      authorized: false,
      error: "no answer within the time",
    });
    const without = await FakeLineServer.start({ greeting: "220 mail", answer: () => "250 mail" });
    await expect(look({ port: without.port, starttls: "smtp" })).rejects.toThrow("offers no STARTTLS");
    expect(await look({ port: 1, required: false })).toMatchObject({ reachable: false });
  });

  test("what is sent before TLS begins is refused", async () => {
    const answer = (line: string): LineAnswer =>
      line === "a1 STARTTLS" ? { reply: "a1 OK begin\r\n* OK injected", next: "tls" } : undefined;
    const { port } = await FakeLineServer.start({ greeting: "* OK ready", answer });
    await expect(look({ port, starttls: "imap" })).rejects.toThrow("sent more before TLS began");
  });

  test.each([{}, { port: 0 }, { port: 25, starttls: "sieve" }, { port: 25, ca_file: "ca.pem" }])(
    "refuses the arguments %j",
    (args) => {
      expect(refuses(tlsProbe, args)).toBeDefined();
    },
  );
});
