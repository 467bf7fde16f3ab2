import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "../../../src/contract/errors.ts";
import { parseUidlist } from "../../../src/mail/dovecot-uidlist.ts";
import { readLogLine } from "../../../src/mail/mail-log-line.ts";
import { parseMaildirName } from "../../../src/mail/maildir-name.ts";
import { parsePostfixLine } from "../../../src/mail/postfix-log.ts";
import { parseQueueLine } from "../../../src/mail/queue-listing.ts";
import { effort, nearly, neverThrows } from "./foreign.ts";

describe("what a mail server keeps, whatever is in it, is read without a throw", () => {
  test("dovecot-uidlist", () => {
    const sound = [
      "3 V1713166912 N5 G1a2b3c\n1 :1713166912.M1P2.host,S=10:2,S\n4 G00ff W12 :1713166913.M1P2.host\n",
      "1 1713166912 3\n2 1713166912.M1P2.host:2,\n",
    ];
    const anything = fc.oneof(nearly(sound), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(anything, (text) => {
        const { uids, nextUid } = parseUidlist(text);
        for (const uid of uids.values()) {
          expect(Number.isSafeInteger(uid)).toBe(true);
          if (nextUid !== undefined) expect(nextUid).toBeGreaterThan(uid);
        }
      }),
      effort,
    );
  });

  test("names in a Maildir: base and rest make the name again", () => {
    const anything = fc.oneof(nearly(["1713166912.M1P2.host,S=10,W=12:2,FRS", "x:2,"]), fc.string());
    fc.assert(
      fc.property(anything, (name) => {
        const parsed = parseMaildirName(name);
        expect(name.startsWith(parsed.base)).toBe(true);
      }),
      effort,
    );
  });

  test("a queue's JSON", () => {
    const line =
      '{"queue_name":"deferred","queue_id":"4Xy","arrival_time":1713166912,"message_size":10,"sender":"a@b","recipients":[{"address":"c@d","delay_reason":"x"}]}';
    neverThrows([line], readQueueLine);
  });

  test("a queue's JSON of other values", () => {
    fc.assert(
      fc.property(fc.json(), (line) => {
        readQueueLine(line);
      }),
      effort,
    );
  });

  test("a mail log", () => {
    const sound = [
      "2024-04-15T09:41:52.1+02:00 host postfix/qmgr[12]: 4Xy: from=<a@b>, size=10, nrcpt=1 (queue active)",
      "Apr 15 09:41:52 host postfix/smtp[12]: 4Xy: to=<c@d>, relay=x[1.2.3.4]:25, dsn=2.0.0, status=sent (250 ok)",
      "1713166912.123 host postfix/cleanup[9]: 4Xy: message-id=<x@y>",
    ];
    const clock = { now: 1_713_166_999, offsetSeconds: 7200 };
    neverThrows(sound, (text) => {
      const line = readLogLine(text, clock);
      return line === undefined ? undefined : parsePostfixLine(line);
    });
  });
});

/** A line that is no message fails the task, in words. */
function readQueueLine(line: string): void {
  try {
    parseQueueLine(line);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error).toMatchObject({ kind: "task-failed", next: expect.any(String) });
  }
}
