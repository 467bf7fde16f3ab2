import { describe, expect, test } from "vitest";
import type { AccountedMessage, InFlightQuestion, WaitingMessage } from "./in-flight.ts";
import { InFlightAccount } from "./in-flight-account.ts";
import { readLogLine } from "./mail-log-line.ts";
import { parsePostfixLine } from "./postfix-log.ts";

const start = 1_795_961_000;
const clock = { now: start + 1000, offsetSeconds: 0 };

/** Lines without their times: one a second. */
function draw(
  text: string,
  queue: Readonly<Record<string, WaitingMessage["queue"]>> = {},
  more: Partial<InFlightQuestion> = {},
) {
  const told: AccountedMessage[] = [];
  const waiting = Object.entries(queue).map(
    ([id, name]) => [id, { queue: name, arrivedAt: start, sender: "waits@example.com" }] as const,
  );
  const account = new InFlightAccount({
    ...{ listedAt: start + 500, ledgerAt: undefined, queue: new Map(waiting) },
    isNewHost: (relay) => relay.includes("[192.0.2.20]"),
    isMovedRecipient: (recipient) => recipient.endsWith("@example.org"),
    onMessage: (message) => told.push(message),
    ...more,
  });
  const lines = text.trim().split("\n");
  lines.forEach((line, second) => {
    const read = readLogLine(`${start + second}.5 old postfix/${line.trim()}`, clock);
    const event = read === undefined ? undefined : parsePostfixLine(read);
    if (event !== undefined) account.take(event);
  });
  const { messages, went, linesLost } = account.finish();
  return { told, linesLost, messages, went: Object.fromEntries(went) };
}

const taken = (id: string, recipients = 1) => `smtpd[1]: ${id}: client=a[192.0.2.1]
  cleanup[2]: ${id}: message-id=<${id}@example.com>
  qmgr[3]: ${id}: from=<a@example.com>, size=1, nrcpt=${recipients} (queue active)`;

const to = (id: string, agent: string, recipient: string, relay: string, end: string) =>
  `${agent}[4]: ${id}: to=<${recipient}>, relay=${relay}, delay=1, delays=1/0/0/0, dsn=2.0.0, status=${end}`;

const lmtp = "old[private/dovecot-lmtp]";

describe("the account of messages in flight", () => {
  test.each([
    ["lmtp", "john@example.org", lmtp, "sent (250 Saved)", "delivered"],
    ["virtual", "john@example.org", "virtual", "sent (delivered to maildir)", "delivered"],
    ["lmtp", "john@example.org", "127.0.0.1[127.0.0.1]:24", "sent (250 Saved)", "delivered"],
    ["smtp", "john@example.org", "mail-new[192.0.2.20]:25", "sent (250 queued as 1)", "relayed"],
    ["smtp", "a@elsewhere.example", "mx[192.0.2.99]:25", "sent (250 ok)", "sent"],
    [
      "smtp",
      "john@example.org",
      "127.0.0.1[127.0.0.1]:10024",
      "sent (250 2.0.0 queued as ABCDEF1)",
      "forwarded",
    ],
    ["local", "root@old", "local", "sent (forwarded as ABCDEF1)", "forwarded"],
    ["error", "x@example.org", "none", "bounced (gone)", "bounced"],
    ["discard", "x@example.org", "none", "sent (spam)", "discarded"],
  ])("%s to %s by %s, %s: %s", (agent, recipient, relay, end, went) => {
    const { told, ...sums } = draw(
      `${taken("AAAAAA1")}\n${to("AAAAAA1", agent, recipient, relay, end)}\nqmgr[3]: AAAAAA1: removed`,
    );
    expect(sums).toEqual({ messages: 1, went: { [went]: 1 }, linesLost: [] });
    expect(told).toMatchObject([
      {
        id: "AAAAAA1",
        sender: "a@example.com",
        messageId: "AAAAAA1@example.com",
        ways: [{ recipient, went }],
      },
    ]);
  });

  test("a message with several recipients takes several ways", () => {
    const log = [
      taken("AAAAAA1", 3),
      to("AAAAAA1", "lmtp", "john@example.org", lmtp, "sent (250 Saved)"),
      to("AAAAAA1", "lmtp", "jane@example.org", lmtp, "sent (250 Saved)"),
      to("AAAAAA1", "smtp", "x@elsewhere.example", "none", "deferred (timeout)"),
    ].join("\n");
    const { went, told } = draw(log, { AAAAAA1: "deferred" });
    expect(went).toEqual({ delivered: 1, deferred: 1 });
    expect(told[0]?.ways.at(-1)).toMatchObject({ went: "deferred", said: "timeout" });
  });

  test.each([
    ["no recipient", `${taken("AAAAAA1")}\nqmgr[3]: AAAAAA1: removed`],
    [
      "one of two recipients",
      `${taken("AAAAAA1", 2)}\n${to("AAAAAA1", "lmtp", "john@example.org", lmtp, "sent (ok)")}\nqmgr[3]: AAAAAA1: removed`,
    ],
    ["no end, and not in the queue", taken("AAAAAA1")],
    ["an end of input without the queue", taken("AAAAAA1").split("\n").slice(0, 2).join("\n")],
    ["an id that begins anew", `${taken("AAAAAA1")}\n${taken("AAAAAA1")}`],
  ])("an exception: the log has %s", (_what, log) => {
    const { went, told } = draw(log);
    expect(went.unknown).toBeGreaterThanOrEqual(1);
    expect(told[0]).toMatchObject({ id: "AAAAAA1", messageId: "AAAAAA1@example.com" });
  });

  test.each([
    ["a client that leaves before the data", "smtpd[1]: AAAAAA1: client=a[192.0.2.1]"],
    [
      "a client that leaves in the middle",
      `smtpd[1]: AAAAAA1: client=a[192.0.2.1]
       cleanup[2]: AAAAAA1: message-id=<x>
       smtpd[1]: lost connection after DATA (5 bytes) from a[192.0.2.1]`,
    ],
    [
      "a message that a filter refuses",
      `smtpd[1]: AAAAAA1: client=a[192.0.2.1]
       cleanup[2]: AAAAAA1: message-id=<x>
       cleanup[2]: AAAAAA1: milter-reject: END-OF-MESSAGE from a[192.0.2.1]: 5.7.1 spam`,
    ],
    [
      "the question whether an address exists",
      `cleanup[2]: AAAAAA1: message-id=<x>
       qmgr[3]: AAAAAA1: from=<double-bounce@old>, size=1, nrcpt=1 (queue active)
       ${to("AAAAAA1", "lmtp", "john@example.org", lmtp, "deliverable (250 ok)")}
       qmgr[3]: AAAAAA1: removed`,
    ],
    ["the end of what came before", "qmgr[3]: AAAAAA1: removed"],
    [
      "what was delivered before, and the queue manager started anew meanwhile",
      "qmgr[3]: AAAAAA1: from=<a@example.com>, size=1, nrcpt=1 (queue active)\nqmgr[3]: AAAAAA1: removed",
    ],
  ])("no message: %s", (_what, log) => {
    expect(draw(log)).toMatchObject({ messages: 0, told: [] });
  });

  test("a message from before is missed when it was put off, and removed without an end", () => {
    const log = `qmgr[3]: AAAAAA1: from=<a@example.com>, size=1, nrcpt=1 (queue active)
      ${to("AAAAAA1", "qmgr", "john@example.org", "none", "deferred (delivery temporarily suspended)")}
      qmgr[3]: AAAAAA1: removed`;
    expect(draw(log).went).toEqual({ unknown: 1 });
  });

  test("a message from before that became too old is told", () => {
    const log =
      "qmgr[3]: AAAAAA1: from=<a@example.com>, status=expired, returned to sender\nqmgr[3]: AAAAAA1: removed";
    expect(draw(log).went).toEqual({ bounced: 1 });
  });

  test("a message is missed although its client left later, at another command", () => {
    const log = `smtpd[1]: AAAAAA1: client=a[192.0.2.1]
      cleanup[2]: AAAAAA1: message-id=<x>
      smtpd[1]: lost connection after RSET from a[192.0.2.1]`;
    expect(draw(log).went).toEqual({ unknown: 1 });
  });

  test("what came in behind the listing of the queue is under way", () => {
    expect(draw(taken("AAAAAA1"), {}, { listedAt: start })).toMatchObject({ messages: 0 });
  });

  test("what waits is named by its queue, also without a word in the log; what left since is not", () => {
    const log = `${to("BBBBBB1", "lmtp", "john@example.org", lmtp, "sent (ok)")}\nqmgr[3]: BBBBBB1: removed`;
    const { went, messages } = draw(log, { AAAAAA1: "hold", BBBBBB1: "active", CCCCCC1: "corrupt" });
    expect({ went, messages }).toEqual({ went: { hold: 1, corrupt: 1, delivered: 1 }, messages: 3 });
  });

  test("what postsuper did is told", () => {
    const log = `${taken("AAAAAA1")}
      postsuper[5]: AAAAAA1: removed
      ${taken("BBBBBB1")}
      postsuper[5]: BBBBBB1: requeued
      ${taken("CCCCCC1", 2)}
      qmgr[3]: CCCCCC1: from=<a@example.com>, status=expired, returned to sender
      qmgr[3]: CCCCCC1: removed`;
    expect(draw(log).went).toEqual({ deleted: 1, forwarded: 1, bounced: 1 });
  });

  test("a mailbox that moved gets nothing here behind the last ledger", () => {
    const log = (recipient: string) =>
      `${taken("AAAAAA1")}\n${to("AAAAAA1", "lmtp", recipient, lmtp, "sent (ok)")}\nqmgr[3]: AAAAAA1: removed`;
    const at = (ledgerAt: number) => ({ ledgerAt });
    expect(draw(log("john@example.org"), {}, at(start)).went).toEqual({ "delivered-late": 1 });
    expect(draw(log("john@example.org"), {}, at(start + 9)).went).toEqual({ delivered: 1 });
    expect(draw(log("root@old.example.com"), {}, at(start)).went).toEqual({ delivered: 1 });
  });

  test("only open messages stay in memory", () => {
    const account = new InFlightAccount({
      ...{ listedAt: start, ledgerAt: undefined, queue: new Map(), onMessage: () => undefined },
      ...{ isNewHost: () => false, isMovedRecipient: () => false },
    });
    const arrive = (number: number) =>
      account.take({ kind: "message-id", id: `A${number}`, at: start, messageId: "" });
    for (let number = 0; number < 300_000; number += 1) {
      arrive(number);
      account.take({ kind: "deleted", id: `A${number}`, at: start });
    }
    expect(() => {
      for (let number = 0; number < 300_000; number += 1) arrive(number);
    }).toThrow("more than 250000 messages");
  });
});
