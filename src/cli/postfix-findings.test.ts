import { describe, expect, test } from "vitest";
import { type FakeCommand, FakeHost } from "../modules/testing/fake-host.ts";
import { clientFindings, postfixFindings } from "./postfix-findings.ts";

const clock = 1_800_000_000;
const now = new Date(clock * 1000);
const openedAt = new Date((clock - 3600) * 1000).toISOString();

function host(commands: readonly FakeCommand[]): FakeHost {
  return new FakeHost({
    facts: { clock, clock_skew: 0 },
    files: { "/var/spool/postfix": { type: "directory" } },
    commands: [
      ...commands,
      { argv: ["postconf", "-h", "queue_directory"], answer: "/var/spool/postfix\n" },
      { argv: ["postfix", "status"], answer: "" },
      { argv: ["find"], answer: "/var/spool/postfix/corrupt\n" },
    ],
  });
}

function settings(text: string): FakeCommand {
  return { argv: ["sh", "-c"], answer: text };
}

const queue = (name: string, age: number) =>
  `${JSON.stringify({ queue_name: name, queue_id: `${name}1`, arrival_time: clock - age })}\n`;

describe("how Postfix stands", () => {
  test("names every queue that holds something, and the oldest message", async () => {
    const listing = `${queue("active", 5)}${queue("deferred", 7200)}${queue("hold", 60)}`;
    const old = host([
      settings("virtual_transport = smtp:[192.0.2.20]:25\nsoft_bounce = yes\n"),
      { argv: ["postqueue", "-j"], answer: listing },
    ]);
    expect(await postfixFindings(old, "old", openedAt)).toEqual([
      "Postfix: running",
      "queue: 1 active, 1 deferred, 1 hold, 1 corrupt; the oldest came 2 h ago",
      "soft_bounce: ON",
      "relay: virtual_transport = smtp:[192.0.2.20]:25; new is open since 2027-01-15 07:00 UTC",
    ]);
  });

  test("a Postfix that can't list its queue hides nothing else", async () => {
    const refusing = { exitCode: 1, stderr: "usage" };
    const old = host([settings(""), { argv: ["postqueue", "-j"], answer: refusing }]);
    expect(await postfixFindings(old, "old", undefined)).toEqual([
      "Postfix: running",
      "queue: can't be told: postqueue ended with exit code 1: usage",
      "soft_bounce: off",
      "relay: off",
    ]);
  });

  test("no Postfix", async () => {
    const bare = host([{ argv: ["sh", "-c"], answer: { exitCode: 1 } }]);
    expect(await postfixFindings(bare, "new", undefined)).toEqual(["Postfix: not installed"]);
  });
});

describe("who still comes to old", () => {
  const log = (oldest: number, ...lines: string[]) =>
    host([settings([`#mail-log journal ${clock} +0000`, `#oldest ${oldest}`, ...lines, ""].join("\n"))]);
  const mail = (age: number, client: string) =>
    `${clock - age}.0 old postfix/smtpd[1]: 33F6AF62032: client=${client}`;

  test("names them, the last first", async () => {
    const many = Array.from({ length: 9 }, (_none, index) =>
      mail(900 - index, `mx${index}[192.0.2.${index}]`),
    );
    const old = log(clock - 9000, ...many, mail(300, "mx8[192.0.2.8]"));
    const told = await clientFindings(old, { openedAt, now });
    expect(told.slice(0, 3)).toEqual([
      "still used: by 9 since the opening, 2027-01-15 07:00 UTC (1 h ago); last 5 min ago",
      "  smtp mx8[192.0.2.8]: 2 times, last 5 min ago",
      "  smtp mx7[192.0.2.7]: once, last 14 min 53 s ago",
    ]);
    expect(told.at(-1)).toBe("  and 1 more");
    expect(told).toHaveLength(10);
  });

  test("names senders before whoever knocks at closed ports later", async () => {
    const knocks = Array.from(
      { length: 9 },
      (_none, index) => `${clock - 60}.0 old mailferry-visit[1]: 0-192.0.2.1:993-198.51.100.${index}:40112`,
    );
    const told = await clientFindings(log(clock - 9000, mail(300, "mx8[192.0.2.8]"), ...knocks), {
      openedAt,
      now,
    });
    expect(told.slice(0, 3)).toEqual([
      "still used: by 10 since the opening, 2027-01-15 07:00 UTC (1 h ago); last 1 min ago",
      "  smtp mx8[192.0.2.8]: once, last 5 min ago",
      "  port 993 198.51.100.0: once, last 1 min ago",
    ]);
  });

  test("says that it is quiet only when the log tells of the whole time", async () => {
    expect(await clientFindings(log(clock - 9000), { openedAt, now })).toEqual([
      "still used: by nobody since the opening, 2027-01-15 07:00 UTC (1 h ago)",
    ]);
    expect(await clientFindings(log(clock - 10), { openedAt, now })).toEqual([
      "still used: its mail log does not reach back to the opening",
    ]);
    const blind = host([settings("#failed journalctl ended with 1\n")]);
    expect(await clientFindings(blind, { openedAt, now })).toEqual([
      expect.stringContaining("still used: can't be told: the mail log of mail-new can't be read"),
    ]);
  });
});
