import { describe, expect, test } from "vitest";
import { mailClients } from "./mail-clients.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

function host(...lines: string[]): FakeHost {
  const log = ["#mail-log journal 2000000000 +0000", "#oldest 1700000000", ...lines];
  return new FakeHost({
    facts: { clock: 1_800_000_100, clock_skew: 0 },
    commands: [{ argv: ["sh"], answer: log.map((line) => `${line}\n`).join("") }],
  });
}

const login = "1800000000.0 old dovecot[1]: imap-login: Login: user=<john@example.org>, rip=192.0.2.9";

describe("mail_clients", () => {
  test("lists who came", async () => {
    const { result, message } = await lookWith(mailClients, { since: "1799999999" }, host(login, login));
    expect(result).toMatchObject({ count: 1, others: 0, last_age: 100 });
    expect(result?.clients).toEqual([
      { service: "imap", name: "john@example.org", count: 2, last: 1_800_000_000 },
    ]);
    expect(message).toBe("imap john@example.org, 2 times, last 2027-01-15T08:00:00Z");
  });

  test("of some domains lists their users alone", async () => {
    const other = login.replace("org", "net");
    const args = { since: "1799999999", domains: ["Example.NET"] };
    const { result } = await lookWith(mailClients, args, host(login, other));
    expect(result?.clients).toEqual([
      { service: "imap", name: "john@example.net", count: 1, last: 1_800_000_000 },
    ]);
  });

  test("takes an address that came to a closed port once or twice for a passer-by, where it is told to", async () => {
    const visit = (address: string) =>
      `1800000000.0 old mailferry-visit[1]: 0-192.0.2.1:993-${address}:40112`;
    const lines = [...Array(5).fill(visit("192.0.2.9")), visit("198.51.100.7"), login];
    const lookFor = async (args: object) =>
      (await lookWith(mailClients, { since: "1799999999", ...args }, host(...lines))).result;
    expect(await lookFor({ visits: 5 })).toMatchObject({
      count: 2,
      visitors: 1,
      passers_by: 1,
      clients: [
        { service: "imap", name: "john@example.org", count: 1 },
        { service: "port 993", name: "192.0.2.9", count: 5 },
      ],
    });
    expect(await lookFor({})).toMatchObject({ count: 3, passers_by: 0 });
  });

  test("lists who uses the host before those who come to closed ports, however many and however late", async () => {
    const visits = ["192.0.2.8", "192.0.2.9"].map(
      (address) => `1800000001.0 old mailferry-visit[1]: 0-192.0.2.1:993-${address}:40112`,
    );
    const args = { since: "1799999999", limit: 2 };
    const { result } = await lookWith(mailClients, args, host(login, ...visits));
    expect(result).toMatchObject({
      count: 3,
      visitors: 2,
      clients: [{ service: "imap", name: "john@example.org" }, { service: "port 993" }],
    });
  });

  test("takes a log without the mark that was just written for one that nobody writes", async () => {
    const mark = "mailferry-quiet-1800000100";
    const written = `1800000100.0 old mailferry-quiet[7]: info: ${mark}`;
    const lookAt = async (...lines: string[]) =>
      (await lookWith(mailClients, { since: "1799999999", mark }, host(...lines))).result;
    expect(await lookAt(login)).toMatchObject({ count: 1, is_written: false, is_whole: false });
    expect(await lookAt(login, written)).toMatchObject({ count: 1, is_whole: true });
  });

  test("counts the host itself where it is asked to", async () => {
    const own = "1800000000.0 old postfix/smtpd[1]: 33F6AF62032: client=localhost[127.0.0.1]";
    const countOf = async (itself: boolean) => {
      const { result } = await lookWith(mailClients, { since: "1799999999", itself }, host(own));
      return result?.count;
    };
    expect([await countOf(true), await countOf(false)]).toEqual([1, 0]);
  });

  test.each([
    [1_799_999_000, 1100, true],
    [1_699_999_999, 100_000_100, false],
  ])("tells whether the log reaches back to %i", async (since, reaches_back, is_whole) => {
    const { result } = await lookWith(mailClients, { since }, host());
    expect(result).toMatchObject({ reaches_back, is_whole });
  });

  test("tells of an empty log", async () => {
    const empty = new FakeHost({
      commands: [{ argv: ["sh"], answer: "#mail-log files 2000000000 +0000\n" }],
    });
    const { result } = await lookWith(mailClients, {}, empty);
    expect(result).toMatchObject({ count: 0, reaches_back: null, is_whole: false });
  });

  test("asks since the opening, or for a day", async () => {
    const sinceOf = async (context = fakeContext()) => {
      const asked = host();
      expect((await lookWith(mailClients, {}, asked, context)).message).toBe("nobody");
      return asked.commands[0]?.argv[4];
    };
    expect(await sinceOf()).toBe(String(1_800_000_100 - 86_400));
    expect(await sinceOf(fakeContext({ latches: ["new-opened"] }))).toBe("1704067200");
  });

  test("a log that can't be read is not an empty one", async () => {
    const broken = new FakeHost({ commands: [{ argv: ["sh"], answer: "" }] });
    await expect(lookWith(mailClients, {}, broken)).rejects.toThrow("can't be read");
  });

  test.each([{ since: "today" }, { limit: -1 }, { domains: [] }, { name: "x" }])("refuses %j", (args) => {
    expect(refuses(mailClients, args)).toBeDefined();
  });
});
