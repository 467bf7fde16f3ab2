import { describe, expect, it } from "vitest";
import type { MailRecord } from "../sender/log.ts";
import { accountFor } from "./accounting.ts";
import { parseFoundIds } from "./collect-ids.ts";

const anna = "anna@example.org";
const ben = "ben@example.net";

function record(id: string, more: Partial<MailRecord> = {}): MailRecord {
  return { id, to: anna, finals: [anna], state: "accepted", attempts: 1, unknownAttempts: 0, ...more };
}

function found(...places: readonly (readonly [string, string])[]) {
  return parseFoundIds(places.map(([id, place]) => `${place}\t${id}\n`).join(""));
}

const inAnna = "example.org/anna";
const inBen = "example.net/ben";

describe("accountFor", () => {
  it("is content when every accepted mail is there once", () => {
    const verdict = accountFor({
      sent: [record("<1>"), record("<2>")],
      found: found(["<1>", inAnna], ["<2>", inAnna]),
    });
    expect(verdict).toMatchObject({
      accepted: 2,
      expected: 2,
      deliveredOnce: 2,
      lost: [],
      doubled: [],
      good: true,
    });
  });

  it("names what is lost", () => {
    const verdict = accountFor({ sent: [record("<1>"), record("<2>")], found: found(["<1>", inAnna]) });
    expect(verdict).toMatchObject({ lost: [{ id: "<2>", mailbox: anna, copies: 0 }], good: false });
  });

  it("allows a second copy only where an attempt had an unknown outcome", () => {
    const twice = found(["<1>", inAnna], ["<1>", inAnna], ["<2>", inAnna], ["<2>", inAnna]);
    const verdict = accountFor({
      sent: [record("<1>", { unknownAttempts: 1 }), record("<2>")],
      found: twice,
    });
    expect(verdict.doubledByUnknown).toEqual([{ id: "<1>", mailbox: anna, copies: 2 }]);
    expect(verdict.doubled).toEqual([{ id: "<2>", mailbox: anna, copies: 2 }]);
    expect(verdict.good).toBe(false);
  });

  it("wants a copy in every mailbox behind an alias", () => {
    const team = record("<1>", { to: "team@example.org", finals: [anna, ben] });
    expect(accountFor({ sent: [team], found: found(["<1>", inAnna], ["<1>", inBen]) })).toMatchObject({
      accepted: 1,
      expected: 2,
      deliveredOnce: 2,
      good: true,
    });
    expect(accountFor({ sent: [team], found: found(["<1>", inAnna]) }).lost).toEqual([
      { id: "<1>", mailbox: ben, copies: 0 },
    ]);
  });

  it("expects nothing of mails whose outcome is unknown, refused or still open", () => {
    const sent = [
      record("<1>", { state: "unknown", unknownAttempts: 1 }),
      record("<2>", { state: "unknown", unknownAttempts: 1 }),
      record("<3>", { state: "refused" }),
      record("<4>", { state: "waiting" }),
    ];
    expect(accountFor({ sent, found: found(["<1>", inAnna]) })).toMatchObject({
      accepted: 0,
      unknown: 2,
      refused: 1,
      waiting: 1,
      lost: [],
      good: true,
    });
  });

  it("calls mail astray that is where it should not be", () => {
    const verdict = accountFor({
      sent: [record("<1>"), record("<2>", { state: "refused" })],
      found: found(["<1>", inAnna], ["<1>", inBen], ["<2>", inAnna]),
    });
    expect(verdict.stray.map(({ id, mailbox }) => [id, mailbox])).toEqual([
      ["<1>", ben],
      ["<2>", anna],
    ]);
    expect(verdict.good).toBe(false);
  });

  it("wants everything that old held, copy for copy", () => {
    const message = (uid: number, id: string) => ({ uid, id, flags: [] });
    const before = {
      users: {
        [anna]: {
          subscriptions: [],
          folders: {
            INBOX: {
              uidValidity: 1,
              uidNext: 4,
              messages: [message(1, "<a>"), message(2, "<b>"), message(3, "")],
            },
            Archive: { uidValidity: 2, uidNext: 2, messages: [message(1, "<a>")] },
          },
        },
      },
    };
    const verdict = accountFor({ sent: [], before, found: found(["<a>", inAnna], ["<b>", inAnna]) });
    expect(verdict).toMatchObject({
      heldBefore: 4,
      lostFromBefore: [{ id: "<a>", mailbox: anna, copies: 1 }],
    });
    expect(verdict.good).toBe(false);
  });
});
