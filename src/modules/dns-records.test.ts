import { writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { type DnsRecordsArgs, dnsRecords } from "./dns-records.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { FakeNameServer } from "./testing/fake-name-server.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

let first: FakeNameServer;
let second: FakeNameServer;
let root: FakeNameServer;

const zone = [
  { name: "example.org", type: "NS", data: "ns1.example.org" },
  { name: "example.org", type: "NS", data: "ns2.example.org" },
  { name: "ns1.example.org", type: "A", data: "127.0.0.1" },
  { name: "ns2.example.org", type: "A", data: "127.0.0.2" },
  { name: "example.org", type: "MX", data: "20 backup.example.org" },
  { name: "example.org", type: "MX", ttl: 300, data: "10 mail.example.org" },
  { name: "mail.example.org", type: "A", data: "192.0.2.10" },
  { name: "backup.example.org", type: "A", data: "192.0.2.11" },
  { name: "example.org", type: "TXT", data: "v=spf1 mx -all" },
  { name: "example.org", type: "TXT", data: "something else" },
  { name: "_dmarc.example.org", type: "TXT", data: "v=DMARC1; p=none" },
  { name: "s1._domainkey.example.org", type: "TXT", data: "v=DKIM1; k=rsa; p=AB CD==" },
  { name: "s2._domainkey.example.org", type: "TXT", data: "v=DKIM1; p=" },
] as const;

beforeEach(async () => {
  [first, second, root] = await FakeNameServer.start("example.org", "127.0.0.1", "127.0.0.2", "127.0.0.3");
  first.records = [...zone];
  second.records = [...zone];
});

async function look(args: DnsRecordsArgs, context = fakeContext()) {
  const where = { server: "127.0.0.1", port: first.port, timeout: 10 };
  return (await lookWith(dnsRecords, { ...where, ...args }, new FakeHost(), context)).result;
}

describe("dns_records", () => {
  test("asks every authoritative server", async () => {
    const result = await look({ names: [{ name: "Mail.Example.org.", type: "A" }] });
    expect(result).toMatchObject({
      records: [
        { name: "mail.example.org", type: "A", ttl: 86_400, data: "192.0.2.10", server: "127.0.0.1" },
        { name: "mail.example.org", type: "A", ttl: 86_400, data: "192.0.2.10", server: "127.0.0.2" },
      ],
      servers: { "example.org": ["127.0.0.1", "127.0.0.2"] },
      disagreements: [],
      failures: [],
      missing: [],
      min_ttl: 86_400,
      max_ttl: 86_400,
    });
  });

  test("says where servers disagree, and keeps the widest range of TTLs", async () => {
    second.records = [...zone.filter(({ data }) => data !== "192.0.2.10")];
    second.records.push({ name: "mail.example.org", type: "A", ttl: 60, data: "192.0.2.20" });
    const result = await look({ names: [{ name: "mail.example.org", type: "A" }] });
    expect(result).toMatchObject({
      min_ttl: 60,
      max_ttl: 86_400,
      disagreements: [
        {
          name: "mail.example.org",
          type: "A",
          answers: { "127.0.0.1": ["192.0.2.10"], "127.0.0.2": ["192.0.2.20"] },
        },
      ],
    });
  });

  test("a zone that nobody knows is a failure of that one question", async () => {
    const names = [
      { name: "192.0.2.10", type: "PTR" },
      { name: "mail.example.org", type: "A" },
    ] as const;
    expect(await look({ names })).toMatchObject({
      failures: [{ name: "10.2.0.192.in-addr.arpa", type: "PTR", server: "" }],
      sets: { "mail.example.org A": { agreed: true } },
    });
  });

  test("sorts a domain's records by what they mean", async () => {
    const reverse = [{ name: "10.2.0.192.in-addr.arpa", type: "PTR", data: "mail.example.org" }] as const;
    const delegation = [
      { name: "", type: "NS", data: "ns1.example.org" },
      { name: "ns1.example.org", type: "A", data: "127.0.0.3" },
    ] as const;
    root.zone = "";
    root.records = [...delegation, ...reverse, ...zone.filter(({ type }) => type !== "NS" && type !== "A")];
    root.records.push({ name: "mail.example.org", type: "A", data: "192.0.2.10" });
    const result = await look({
      domain: "example.org",
      dkim_selectors: ["s1", "s2", "s3"],
      server: "127.0.0.3",
    });
    expect(result?.mail).toEqual({
      mx: ["mail.example.org", "backup.example.org"],
      addresses: [{ name: "mail.example.org", address: "192.0.2.10" }],
      spf: ["v=spf1 mx -all"],
      dmarc: ["v=DMARC1; p=none"],
      dkim: [
        { selector: "s1", record: "v=DKIM1; k=rsa; p=AB CD==", key: "ABCD==" },
        { selector: "s2", record: "v=DKIM1; p=", key: null },
      ],
      ptr: [{ address: "192.0.2.10", names: ["mail.example.org"] }],
    });
    expect(result?.missing).toContain("s3._domainkey.example.org TXT");
  });

  test("takes an answer that was cut short by TCP", async () => {
    first.cutsUdp = true;
    const result = await look({ names: [{ name: "example.org", type: "MX" }] });
    expect(result?.sets).toMatchObject({
      "example.org MX": {
        data: ["10 mail.example.org", "20 backup.example.org"],
        min_ttl: 300,
        agreed: true,
      },
    });
  });

  test("names a server that is silent, and one that does not know its zone", async () => {
    second.stop();
    const silent = await look({ names: [{ name: "mail.example.org", type: "A" }], timeout: 2 });
    expect(silent?.failures).toMatchObject([
      { server: "127.0.0.2", error: expect.stringContaining("no answer within") },
    ]);
    expect(silent?.records).toHaveLength(1);
  });

  test("names a server that does not answer for its zone", async () => {
    second.refuses = true;
    const { failures } = (await look({ names: [{ name: "mail.example.org", type: "A" }] })) ?? {};
    expect(failures).toMatchObject([
      { error: expect.stringContaining("does not answer for this zone (REFUSED)") },
    ]);
  });

  test("fails when nobody can be asked", async () => {
    first.stop();
    await expect(look({ names: [{ name: "example.org", type: "A" }], timeout: 0.2 })).rejects.toThrow(
      "can't be asked for example.org",
    );
  });

  test("an interrupted run is no fault of the name servers", async () => {
    first.stop();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const looking = look(
      { names: [{ name: "example.org", type: "A" }], timeout: 5 },
      fakeContext({ signal: stop.signal }),
    );
    await expect(looking).rejects.toMatchObject({ kind: "interrupted" });
  });

  test("says how long caches may know records from before Mailferry changed them", async () => {
    const context = fakeContext();
    const changedAt = new Date(Date.now() - 1_000_000).toISOString();
    const before = [{ name: "example.org", type: "MX", ttl: 1100, data: [], changedAt }];
    await writeFile(await context.runFile("dns-before.json"), JSON.stringify(before));
    const result = await look({ names: [{ name: "example.org", type: "MX" }] }, context);
    expect(result?.cached_seconds).toBeGreaterThan(40);
    expect(result?.cached_seconds).toBeLessThanOrEqual(100);
    expect((await look({ names: [{ name: "example.org", type: "MX" }] }))?.cached_seconds).toBeNull();
  });

  test("asks resolvers what they still know, and until when", async () => {
    const names = [
      { name: "mail.example.org", type: "A" },
      { name: "example.org", type: "MX" },
    ] as const;
    root.records = [...zone.filter(({ type }) => type === "MX")];
    root.records.push({ name: "mail.example.org", type: "A", ttl: 4000, data: "192.0.2.99" });
    const before = Date.now();
    const result = await look({ names, resolvers: ["127.0.0.3", "127.0.0.1"] });
    expect(result?.behind).toMatchObject([
      { server: "127.0.0.3", name: "mail.example.org", type: "A", data: ["192.0.2.99"], seconds: 4000 },
    ]);
    expect(result).toMatchObject({ wait_seconds: 4000, resolver_failures: [] });
    expect(Date.parse(String(result?.wait_until))).toBeGreaterThanOrEqual(before + 4_000_000);
  });

  test("a resolver that counts down a longer TTL is behind, too; one that doesn't answer is told", async () => {
    const lowered = { name: "mail.example.org", type: "A", ttl: 60, data: "192.0.2.10" } as const;
    for (const server of [first, second]) {
      server.records = [...zone.filter(({ data }) => data !== lowered.data), lowered];
    }
    root.records = [{ ...lowered, ttl: 3000 }];
    const names = [{ name: lowered.name, type: lowered.type }];
    expect(await look({ names, resolvers: ["127.0.0.3"] })).toMatchObject({ wait_seconds: 3000 });
    root.refuses = true;
    expect(await look({ names, resolvers: ["127.0.0.3"] })).toMatchObject({
      ...{ wait_seconds: 0, wait_until: null, behind: [] },
      resolver_failures: [{ server: "127.0.0.3", error: "resolver 127.0.0.3: REFUSED" }],
    });
  });

  test("a resolver that can't be asked is told, and counts by Mailferry's own change where there was one", async () => {
    root.refuses = true;
    const names = [
      { name: "mail.example.org", type: "A" },
      { name: "example.org", type: "MX" },
    ] as const;
    const args = { names, resolvers: ["127.0.0.3"], server: "127.0.0.1", port: first.port, timeout: 10 };
    const context = fakeContext();
    const ask = () => lookWith(dnsRecords, args, new FakeHost(), context);
    const unknown = await ask();
    expect(unknown.message).toBe("resolver 127.0.0.3: REFUSED; what it still holds is not known");
    expect(unknown.result?.unanswered).toEqual(["resolver 127.0.0.3: REFUSED"]);
    const changedAt = new Date(Date.now() - 1_000_000).toISOString();
    const former = names.map((name) => ({ ...name, ttl: 900, data: [], changedAt }));
    await writeFile(await context.runFile("dns-before.json"), JSON.stringify(former.slice(1)));
    expect((await ask()).result?.unanswered).toHaveLength(1);
    await writeFile(await context.runFile("dns-before.json"), JSON.stringify(former));
    expect((await ask()).result).toMatchObject({ unanswered: [], wait_seconds: 0 });
  });

  test.each([
    {},
    { names: [] },
    { names: [{ name: "x" }] },
    { domain: "x", server: "ns1.example.org" },
    { domain: "x", type: "A" },
  ])("refuses the arguments %j", (args) => {
    expect(refuses(dnsRecords, args)).toBeDefined();
  });
});
