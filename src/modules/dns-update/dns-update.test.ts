import { readFile } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { BadInput, Refused } from "../../contract/errors.ts";
import type { Json } from "../../contract/json.ts";
import type { FormerSet } from "../dns/former-records.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { FakeNameServer, type FakeRecord } from "../testing/fake-name-server.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import type { DnsUpdateArgs } from "./arguments.ts";
import { dnsUpdate } from "./dns-update.ts";

let primary: FakeNameServer;
let secondary: FakeNameServer;
let control: FakeHost;
let context: FakeContext;

const zone: FakeRecord[] = [
  { name: "example.org", type: "NS", data: "ns1.example.org" },
  { name: "example.org", type: "NS", data: "ns2.example.org" },
  { name: "ns1.example.org", type: "A", data: "127.0.0.1" },
  { name: "ns2.example.org", type: "A", data: "127.0.0.2" },
  { name: "example.org", type: "MX", data: "10 mail.example.org" },
  { name: "mail.example.org", type: "A", data: "192.0.2.10" },
  { name: "mail.example.org", type: "A", data: "192.0.2.11" },
];

beforeEach(async () => {
  [primary, secondary] = await FakeNameServer.start("example.org", "127.0.0.1", "127.0.0.2");
  primary.records = [...zone];
  secondary.records = [...zone];
  control = new FakeHost({ name: "control", files: { "/etc/tsig.key": 'key "mailferry" {};' } });
  control.answer(["nsupdate"], ({ options }) => {
    primary.records = updated(primary.records, String(options.stdin));
    secondary.records = primary.records;
    return "";
  });
  context = fakeContext({ answers: { dns_changed: true } });
});

function updated(records: readonly FakeRecord[], script: string): FakeRecord[] {
  let result = [...records];
  for (const [, action = "", name = "", ttl = "", type = "", data = ""] of script.matchAll(
    /^update (add|delete) (\S+)\. (?:(\d+) )?IN (\S+) (.*)$/gm,
  )) {
    const plain = type === "TXT" ? textIn(data) : data.replace(/\.$/, "");
    result = result.filter((record) => record.name !== name || record.type !== type || record.data !== plain);
    if (action !== "add") continue;
    const others = result.map((record) =>
      record.name === name && record.type === type ? { ...record, ttl: Number(ttl) } : record,
    );
    result = [...others, { name, type: type as FakeRecord["type"], ttl: Number(ttl), data: plain }];
  }
  return result;
}

function textIn(data: string): string {
  const chunks = [...data.matchAll(/"((?:\\.|[^"\\])*)"/g)].map(([, chunk = ""]) => chunk);
  return chunks.join("").replaceAll(/\\(.)/g, "$1");
}

function args(records: DnsUpdateArgs["records"], more: Partial<DnsUpdateArgs> = {}): DnsUpdateArgs {
  return {
    server: "127.0.0.1",
    port: primary.port,
    key_file: "/etc/tsig.key",
    interval: 0.02,
    records,
    ...more,
  };
}

function manual(records: DnsUpdateArgs["records"], more: Partial<DnsUpdateArgs> = {}): DnsUpdateArgs {
  return { method: "manual", server: "127.0.0.1", port: primary.port, interval: 0.02, records, ...more };
}

const run = (wanted: DnsUpdateArgs) => runModule(dnsUpdate, wanted, control, context);
const scripts = () => control.commands.map(({ options }) => String(options.stdin));

describe("dns_update", () => {
  test("lowers a TTL, keeps the data, and has nothing left to do", async () => {
    const { change, applied, left } = await run(args([{ name: "mail.example.org", type: "A", ttl: 60 }]));
    expect(change?.diff).toEqual([
      {
        path: "DNS mail.example.org A",
        before: "mail.example.org. 86400 IN A 192.0.2.10\nmail.example.org. 86400 IN A 192.0.2.11\n",
        after: "mail.example.org. 60 IN A 192.0.2.10\nmail.example.org. 60 IN A 192.0.2.11\n",
      },
    ]);
    expect(scripts()).toEqual([
      `server 127.0.0.1 ${primary.port}\nzone example.org.\nupdate add mail.example.org. 60 IN A 192.0.2.10\nupdate add mail.example.org. 60 IN A 192.0.2.11\nsend\n`,
    ]);
    expect(applied?.result?.previous).toEqual([
      { name: "mail.example.org", type: "A", ttl: 86_400, data: ["192.0.2.10", "192.0.2.11"] },
    ]);
    expect(left).toBeUndefined();
  });

  test("gives a set back the TTL it had first, and then forgets it", async () => {
    await run(args([{ name: "example.org", type: "MX", ttl: 600 }]));
    await run(args([{ name: "example.org", type: "MX", ttl: 60 }]));
    const { left } = await run(args([{ name: "example.org", type: "MX", ttl: "before" }]));
    expect(left).toBeUndefined();
    expect(primary.records.find(({ type }) => type === "MX")?.ttl).toBe(86_400);
    const file = (await context.lastRunFile("dns-before.json")) ?? "";
    expect(JSON.parse(await readFile(file, "utf8")) as Json).toEqual([]);
  });

  test("adds, removes, and replaces what it is told, and nothing else", async () => {
    const wanted = args([
      { name: "mail.example.org", type: "A", data: "192.0.2.20" },
      { name: "mail.example.org", type: "A", data: "192.0.2.10", state: "absent" },
      { name: "example.org", type: "MX", data: ["5 new.example.org."], ttl: 60, state: "exact" },
      { name: "example.org", type: "TXT", data: 'v=spf1 "quoted"' },
    ]);
    expect((await run(wanted)).left).toBeUndefined();
    expect(scripts()[0]?.split("\n").slice(2, -2)).toEqual([
      "update delete mail.example.org. IN A 192.0.2.10",
      "update add mail.example.org. 86400 IN A 192.0.2.20",
      "update delete example.org. IN MX 10 mail.example.org.",
      "update add example.org. 60 IN MX 5 new.example.org.",
      'update add example.org. 3600 IN TXT "v=spf1 \\"quoted\\""',
    ]);
  });

  test("splits a long text, and leaves out a set that isn't there to get a TTL", async () => {
    const key = "k".repeat(300);
    const wanted = args([
      { name: "none.example.org", type: "A", ttl: 60 },
      { name: "s._domainkey.example.org", type: "TXT", data: key },
    ]);
    expect((await run(wanted)).left).toBeUndefined();
    const texts = `"${"k".repeat(255)}" "${"k".repeat(45)}"`;
    expect(scripts()[0]).toContain(`IN TXT ${texts}\n`);
    expect(scripts()[0]).not.toContain("none.example.org");
  });

  test("waits until every name server shows the change, and fails with the names of those behind", async () => {
    control.answer(["nsupdate"], ({ options }) => {
      primary.records = updated(primary.records, String(options.stdin));
      return "";
    });
    const failed = run(args([{ name: "example.org", type: "MX", ttl: 60 }], { timeout: 0.1 }));
    await expect(failed).rejects.toThrow("not visible everywhere: example.org MX on 127.0.0.2");
    expect(context.progressSeen[0]?.text).toBe("waiting for example.org MX on 127.0.0.2");
  });

  test("keeps what was before although the change is seen only later, and takes its time from then", async () => {
    control.answer(["nsupdate"], ({ options }) => {
      primary.records = updated(primary.records, String(options.stdin));
      return "";
    });
    const wanted = args([{ name: "example.org", type: "MX", ttl: 60 }], { timeout: 0.1 });
    await expect(run(wanted)).rejects.toThrow("not visible everywhere");
    secondary.records = primary.records;
    const seenAt = Date.now();
    expect((await run(wanted)).left).toBeUndefined();
    expect(scripts()).toHaveLength(1);
    const [former] = JSON.parse(
      await readFile(await context.runFile("dns-before.json"), "utf8"),
    ) as FormerSet[];
    expect(former).toMatchObject({ name: "example.org", ttl: 86_400, data: ["10 mail.example.org"] });
    expect(Date.parse(former?.changedAt ?? "")).toBeGreaterThanOrEqual(seenAt);
  });

  test("keeps what was before also where an update is refused", async () => {
    control.answer(["nsupdate"], { exitCode: 2, stderr: "update failed: REFUSED\n" });
    const wanted = args([{ name: "example.org", type: "MX", ttl: 60 }]);
    await expect(run(wanted)).rejects.toThrow("REFUSED");
    expect(await readFile(await context.runFile("dns-before.json"), "utf8")).toContain("86400");
  });

  test("waits for a secondary that follows later", async () => {
    control.answer(["nsupdate"], ({ options }) => {
      primary.records = updated(primary.records, String(options.stdin));
      setTimeout(() => {
        secondary.records = primary.records;
      }, 60);
      return "";
    });
    expect((await run(args([{ name: "example.org", type: "MX", ttl: 60 }]))).left).toBeUndefined();
  });

  test("gives a set the data back that it had first", async () => {
    const moved = {
      name: "mail.example.org",
      type: "A",
      data: "192.0.2.20",
      ttl: 60,
      state: "exact",
    } as const;
    await run(args([moved]));
    const back = args([{ name: "mail.example.org", type: "A", state: "before", ttl: 60 }]);
    expect((await run(back)).left).toBeUndefined();
    const addresses = primary.records.filter(({ name }) => name === moved.name);
    expect(addresses.map(({ data, ttl }) => [data, ttl]).sort()).toEqual([
      ["192.0.2.10", 60],
      ["192.0.2.11", 60],
    ]);
    const never = run(args([{ name: "example.org", type: "MX", state: "before" }]));
    await expect(never).rejects.toThrow("was before is not known");
    const kept = [moved, { name: "example.org", type: "MX" as const }].map(({ name, type }) => ({
      ...{ name, type, ttl: 30, state: "before" as const },
    }));
    expect((await run(args(kept, { before_unknown: "keep" }))).left).toBeUndefined();
    expect(primary.records.find(({ name }) => name === moved.name)?.ttl).toBe(30);
    expect(context.notices).toContain("what example.org MX was before is not known: it is left as it is");
    expect(refuses(dnsUpdate, args([{ ...moved, state: "before" }]))).toBeDefined();
  });

  test("does not wait for a name server that was dead before", async () => {
    secondary.refuses = true;
    expect((await run(args([{ name: "example.org", type: "MX", ttl: 60 }]))).left).toBeUndefined();
    expect(context.notices[0]).toContain("127.0.0.2");
  });

  test("says what the server said when it refuses the update", async () => {
    control.answer(["nsupdate"], { exitCode: 2, stderr: "update failed: REFUSED\n" });
    await expect(run(args([{ name: "example.org", type: "MX", ttl: 60 }]))).rejects.toMatchObject({
      message: "name server 127.0.0.1 did not update example.org: update failed: REFUSED",
      next: expect.stringContaining("allow-update"),
    });
  });

  test("by a command: tells it every set as it is to be, and waits until it is seen", async () => {
    control.answer(["sh", "-c", "my-dns --zone"], ({ options }) => {
      const sets = String(options.stdin).trimEnd().split("\n");
      expect(sets.map((line) => JSON.parse(line) as Json)).toEqual([
        {
          ...{ zone: "example.org", name: "mail.example.org", type: "A", ttl: 60 },
          ...{ data: ["192.0.2.20"], before: ["192.0.2.10", "192.0.2.11"] },
        },
        {
          ...{ zone: "example.org", name: "example.org", type: "TXT", ttl: 3600 },
          ...{ data: ['"v=spf1 mx -all"'], before: [] },
        },
      ]);
      const others = zone.filter(({ data }) => !data.startsWith("192.0.2."));
      primary.records = [
        ...others,
        { name: "mail.example.org", type: "A", ttl: 60, data: "192.0.2.20" },
        { name: "example.org", type: "TXT", ttl: 3600, data: "v=spf1 mx -all" },
      ];
      secondary.records = primary.records;
      return "";
    });
    const records = [
      { name: "mail.example.org", type: "A", data: "192.0.2.20", ttl: 60, state: "exact" },
      { name: "example.org", type: "TXT", data: "v=spf1 mx -all" },
      // As it is already: nothing is told of it.
      { name: "example.org", type: "MX", data: "10 mail.example.org" },
    ] as const;
    const wanted = { ...manual(records), method: "command", command: "my-dns --zone" } as const;
    expect((await run(wanted)).left).toBeUndefined();
    expect(refuses(dnsUpdate, { records, method: "command" })).toBeDefined();
  });

  test("by a command that fails: says what it said", async () => {
    control.answer(["sh", "-c", "my-dns"], { exitCode: 3, stderr: "no such zone\n" });
    const records = [{ name: "example.org", type: "MX", ttl: 60 }] as const;
    const wanted = { ...manual(records), method: "command", command: "my-dns" } as const;
    await expect(run(wanted)).rejects.toThrow("ended with exit code 3: no such zone");
  });

  test("by hand: tells exactly what to change, asks, and waits until it is seen", async () => {
    const told = fakeContext({ answers: { dns_changed: true } });
    // The person changes it while it is waited for.
    const progress = () => {
      const others = zone.filter(({ type, name }) => type !== "A" || name !== "mail.example.org");
      primary.records = [...others, { name: "mail.example.org", type: "A", ttl: 60, data: "192.0.2.20" }];
      secondary.records = primary.records;
    };
    context = { ...told, progress };
    const wanted = {
      name: "mail.example.org",
      type: "A",
      data: "192.0.2.20",
      ttl: 60,
      state: "exact",
    } as const;
    const { left } = await run(manual([wanted]));
    expect(left).toBeUndefined();
    expect(context.notices).toEqual([
      "Change these records where your DNS is kept:\n" +
        "  - remove  mail.example.org.  A  192.0.2.10\n" +
        "  - remove  mail.example.org.  A  192.0.2.11\n" +
        "  + set     mail.example.org.  A  192.0.2.20  with TTL 60",
    ]);
    expect(control.commands).toEqual([]);
  });

  test("by hand: a no, or nobody to ask, ends it", async () => {
    const wanted = manual([{ name: "example.org", type: "MX", ttl: 60 }]);
    context = fakeContext({ answers: { dns_changed: false } });
    await expect(run(wanted)).rejects.toThrow("the DNS was not changed");
    context = fakeContext();
    await expect(run(wanted)).rejects.toBeInstanceOf(Refused);
  });

  test("wants its key, and a zone that somebody answers for", async () => {
    const records = [{ name: "example.org", type: "MX", ttl: 60 }] as const;
    const without = { server: "127.0.0.1", records };
    await expect(dnsUpdate.check(without, control.reader(), context)).rejects.toBeInstanceOf(BadInput);
    const gone = args(records, { key_file: "/nowhere" });
    await expect(dnsUpdate.check(gone, control.reader(), context)).rejects.toThrow("no TSIG key /nowhere");
    const unknown = args([{ name: "example.net", type: "MX", ttl: 60 }]);
    await expect(dnsUpdate.check(unknown, control.reader(), context)).rejects.toThrow(
      "no name server answers for",
    );
  });

  test.each([
    { records: [] },
    { records: [{ name: "x", type: "SOA", ttl: 1 }] },
    { records: [{ name: "x", type: "A", state: "absent" }] },
    { records: [{ name: "x\nupdate", type: "A", ttl: 1 }] },
    { records: [{ name: "x", type: "TXT", data: "a\nsend" }] },
    { records: [{ name: "x", type: "A", ttl: 0 }] },
    { records: [{ name: "x", type: "A", ttl: 60 }], key_file: "tsig.key" },
  ])("refuses the arguments %j", (wrong) => {
    expect(refuses(dnsUpdate, wrong)).toBeDefined();
  });
});
