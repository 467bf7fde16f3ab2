import { beforeEach, describe, expect, test } from "vitest";
import { Unreachable } from "../../contract/errors.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { FakeNameServer, type FakeRecord } from "../testing/fake-name-server.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import type { MailDnsArgs } from "./arguments.ts";
import { mailDns } from "./mail-dns.ts";

let server: FakeNameServer;
let resolver: FakeNameServer;

const oldKey = "aa".repeat(32);
const newKey = "bb".repeat(32);

/** The root's zone has everything: so every name is answered. */
const zone: readonly FakeRecord[] = [
  { name: "", type: "NS", data: "ns1.example.org" },
  { name: "ns1.example.org", type: "A", data: "127.0.0.1" },
  { name: "example.org", type: "MX", data: "10 mail.example.org" },
  { name: "mail.example.org", type: "A", ttl: 3600, data: "192.0.2.10" },
  { name: "mail.example.org", type: "AAAA", data: "2001:db8::10" },
  { name: "example.org", type: "TXT", data: "v=spf1 ip4:192.0.2.10 -all" },
  { name: "_dmarc.example.org", type: "TXT", data: "v=DMARC1; p=none" },
  { name: "s1._domainkey.example.org", type: "TXT", data: "v=DKIM1; k=rsa; p=ABCD" },
  { name: "autoconfig.example.org", type: "CNAME", data: "mail.example.org" },
  { name: "_imaps._tcp.example.org", type: "SRV", data: "0 1 993 mail-old.example.org" },
  { name: "example.org", type: "CAA", data: '0 issue "other.example"' },
  { name: "_25._tcp.mail.example.org", type: "TLSA", data: `3 1 1 ${oldKey}` },
  { name: "20.2.0.192.in-addr.arpa", type: "PTR", data: "mail-new.example.org" },
  { name: "mail-new.example.org", type: "A", data: "192.0.2.20" },
];

beforeEach(async () => {
  [server, resolver] = await FakeNameServer.start("", "127.0.0.1", "127.0.0.2");
  server.records = [...zone];
  resolver.records = [...zone];
});

/** Puts these in the place of what has the same name and type. */
function hold(...records: FakeRecord[]): void {
  const isReplaced = (held: FakeRecord) =>
    records.some(({ name, type }) => name === held.name && type === held.type);
  server.records = [...server.records.filter((held) => !isReplaced(held)), ...records];
}

async function look(more: Partial<MailDnsArgs> = {}) {
  return lookWith(
    mailDns,
    {
      ...{ domains: ["Example.org"], server: "127.0.0.1", port: server.port, timeout: 10 },
      ...{ old_addresses: ["192.0.2.10", "2001:DB8::10"], old_names: ["mail-old.example.org"] },
      ...{ new_addresses: ["192.0.2.20"], new_names: ["mail-new.example.org"] },
      ...{ old_keys: [oldKey.toUpperCase()], new_keys: [newKey], issuer: "letsencrypt.org" },
      dkim: [{ name: "s1._domainkey.example.org", key: "ABCD" }],
      ...more,
    },
    new FakeHost(),
  );
}

/** The verdict and the note of one record. */
async function verdictOf(name: string, type: string, more: Partial<MailDnsArgs> = {}) {
  const rows = ((await look(more)).result?.rows ?? []) as { name: string; type: string }[];
  return rows.filter((row) => row.name === name && row.type === type);
}

describe("mail_dns", () => {
  test("says of every record what it holds, and what has to change", async () => {
    const { result, message } = await look();
    const rows = (result?.rows ?? []) as { name: string; type: string; verdict: string }[];
    const told = rows.filter(({ verdict }) => verdict !== "none");
    expect(told.map(({ name, type, verdict }) => `${verdict} ${name} ${type}`).sort()).toEqual([
      "change _25._tcp.mail.example.org TLSA",
      "change _imaps._tcp.example.org SRV",
      "change example.org CAA",
      "change example.org TXT",
      "change mail.example.org A",
      "change mail.example.org AAAA",
      "ok 20.2.0.192.in-addr.arpa PTR",
      "ok _dmarc.example.org TXT",
      "ok autoconfig.example.org CNAME",
      "ok example.org MX",
      "ok s1._domainkey.example.org TXT",
    ]);
    expect(result).toMatchObject({ changes: 6, planned: 0, warnings: 0, failures: [] });
    const lines = (message ?? "").split("\n");
    expect(lines).toContain(
      "  change   mail.example.org A: 192.0.2.10; leads to old: 192.0.2.20; TTL 3600 s",
    );
    expect(lines).toContain(
      "  change   mail.example.org AAAA: 2001:db8::10; leads to old, and new has none: remove it; TTL 86400 s",
    );
    expect(lines.at(-1)).toMatch(
      /^ {2}not there .*autodiscover\.example\.org A.*_submissions\._tcp\.example\.org SRV/,
    );
  });

  test("tells a change that the switch will make from one that it won't", async () => {
    const planned = [{ name: "mail.example.org", type: "A", data: "192.0.2.20" }] as const;
    const { result } = await look({ planned });
    expect(result).toMatchObject({ changes: 5, planned: 1 });
  });

  test("finds nothing to change when all of it leads to new", async () => {
    const there = zone.filter(({ type, name }) => type !== "AAAA" && name !== "_imaps._tcp.example.org");
    server.records = [...there];
    hold(
      { name: "mail.example.org", type: "A", data: "192.0.2.20" },
      { name: "example.org", type: "TXT", data: "v=spf1 mx -all" },
      { name: "example.org", type: "CAA", data: '0 issue "letsencrypt.org; validationmethods=http-01"' },
      { name: "_25._tcp.mail.example.org", type: "TLSA", data: `3 1 1 ${newKey}` },
    );
    expect((await look()).result).toMatchObject({ changes: 0, warnings: 0 });
  });

  test.each([
    ["v=spf1 ip4:192.0.2.0/24 -all", "ok", "allows new; take old out when it sends no more"],
    ["v=spf1 ip4:192.0.2.20 -all", "ok", "allows new"],
    ["v=spf1 mx -all", "ok", "allows new as soon as the names lead there"],
    ["v=spf1 a:mail.example.org -all", "ok", "allows new as soon as the names lead there"],
    ["v=spf1 a:mail-new.example.org -all", "ok", "allows new"],
    ["v=spf1 include:other.example -all", "warning", "see whether include:other.example allows 192.0.2.20"],
    ["v=spf1 ip4:192.0.2.10/33 ip6:2001:db8::/32 -all", "change", "does not allow new: add ip4:192.0.2.20"],
    ["v=spf1 -ip4:192.0.2.20 -all", "change", "does not allow new: add ip4:192.0.2.20"],
    ["something else", "warning", "nobody can tell who may send for the domain"],
  ])("SPF %s", async (data, verdict, note) => {
    hold({ name: "example.org", type: "TXT", data });
    expect(await verdictOf("example.org", "TXT")).toMatchObject([{ verdict, note }]);
  });

  test.each([
    [
      "PTR to nowhere",
      { name: "20.2.0.192.in-addr.arpa", type: "PTR", data: "x.example.org" },
      "does not lead back",
    ],
    [
      "another DKIM key",
      { name: "s1._domainkey.example.org", type: "TXT", data: "v=DKIM1; p=EFGH" },
      "can't be checked",
    ],
    [
      "a TLSA of nobody",
      { name: "_25._tcp.mail.example.org", type: "TLSA", data: `3 1 1 ${"cc".repeat(32)}` },
      "old does not show",
    ],
    [
      "an issuer in TLSA",
      { name: "_25._tcp.mail.example.org", type: "TLSA", data: `2 0 1 ${"cc".repeat(32)}` },
      "pins an issuer",
    ],
    [
      "an account in CAA",
      { name: "example.org", type: "CAA", data: '0 issue "letsencrypt.org; accounturi=https://x"' },
      "only one account",
    ],
  ] as const)("warns of %s", async (_what, record, note) => {
    hold(record);
    const rows = await verdictOf(record.name, record.type);
    expect(rows).toMatchObject([{ verdict: "warning", note: expect.stringContaining(note) }]);
  });

  test("an MX that names old by its own name has to name another", async () => {
    hold({ name: "example.org", type: "MX", data: "10 mail-old.example.org" });
    const [row] = await verdictOf("example.org", "MX");
    expect(row).toMatchObject({ verdict: "change", note: expect.stringContaining("mail-old.example.org") });
  });

  test("a reverse name may be an alias into another zone", async () => {
    server.records = server.records.filter(({ type }) => type !== "PTR");
    hold(
      { name: "20.2.0.192.in-addr.arpa", type: "CNAME", data: "20.net.example.com" },
      { name: "20.net.example.com", type: "PTR", data: "mail-new.example.org" },
    );
    expect(await verdictOf("20.2.0.192.in-addr.arpa", "PTR")).toMatchObject([{ verdict: "ok" }]);
  });

  test("a policy of MTA-STS that can't be had is told", async () => {
    hold({ name: "_mta-sts.example.org", type: "TXT", data: "v=STSv1; id=1" });
    const host = new FakeHost({
      tunnel: () => {
        throw new Unreachable("nobody listens");
      },
    });
    const where = { server: "127.0.0.1", port: server.port, domains: ["example.org"] };
    const sides = { old_addresses: ["192.0.2.10"], new_addresses: ["192.0.2.20"] };
    const { message } = await lookWith(mailDns, { ...where, ...sides }, host);
    expect(message).toMatch(/warning {2}_mta-sts\.example\.org TXT: v=STSv1; id=1; its policy can't be had/);
  });

  test("asks resolvers what they know, and block lists for new's addresses", async () => {
    resolver.records = resolver.records.filter(({ name }) => name !== "mail.example.org");
    resolver.records.push(
      { name: "mail.example.org", type: "A", ttl: 900, data: "192.0.2.99" },
      { name: "mail.example.org", type: "AAAA", data: "2001:db8::10" },
      { name: "20.2.0.192.listed.example", type: "A", data: "127.0.0.2" },
      { name: "20.2.0.192.refuses.example", type: "A", data: "127.255.255.254" },
    );
    const { result, message } = await look({
      resolvers: ["127.0.0.2"],
      blocklists: ["listed.example", "clean.example", "refuses.example"],
    });
    expect(message).toMatch(
      /warning {2}mail\.example\.org A: 192\.0\.2\.99; so resolver 127\.0\.0\.2 knows it until/,
    );
    expect(message).toContain("192.0.2.20 is on listed.example: ask there to be taken off");
    expect(message).toContain("192.0.2.20 is not on clean.example");
    expect(message).toContain("refuses.example refuses this resolver");
    expect(result).toMatchObject({ warnings: 2 });
  });

  test("without a resolver a block list says nothing, and stops nothing", async () => {
    resolver.refuses = true;
    const { message } = await look({ resolvers: ["127.0.0.2"], blocklists: ["listed.example"] });
    expect(message).toContain("listed.example can't be asked");
    expect(message).toContain("resolver 127.0.0.2: REFUSED");
  });

  test("fails when nobody can be asked", async () => {
    server.refuses = true;
    await expect(look({ timeout: 1 })).rejects.toThrow("no name server answers");
  });

  test.each([
    { domains: [] },
    { domains: ["x"] },
    { domains: ["x"], old_addresses: ["mail"], new_addresses: [] },
    { domains: ["x"], old_addresses: [], new_addresses: [], planned: [{ name: "x" }] },
  ])("refuses the arguments %j", (args) => {
    expect(refuses(mailDns, args)).toBeDefined();
  });
});
