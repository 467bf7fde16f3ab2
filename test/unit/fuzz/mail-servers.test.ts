import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "../../../src/contract/errors.ts";
import { parseTabTable } from "../../../src/mail/doveadm-table.ts";
import { autoexpungeSettings } from "../../../src/mail/doveconf.ts";
import { keywordNames, parseKeywords } from "../../../src/mail/dovecot-keywords.ts";
import { inboxNamespace, inboxPath } from "../../../src/mail/dovecot-namespace.ts";
import { parseSubscriptions } from "../../../src/mail/dovecot-subscriptions.ts";
import { parseUidlist } from "../../../src/mail/dovecot-uidlist.ts";
import { parseDialogue } from "../../../src/mail/imap-dialogue.ts";
import { compareQuotas } from "../../../src/mail/imap-quota.ts";
import { readLogLine } from "../../../src/mail/mail-log-line.ts";
import { parseMaildirName } from "../../../src/mail/maildir-name.ts";
import { mergeKeywords, mergeSubscriptions, mergeUidlists } from "../../../src/mail/merge-control-files.ts";
import { parseUidlDialogue, uidlMaker } from "../../../src/mail/pop3-uidl.ts";
import { parsePostfixLine } from "../../../src/mail/postfix-log.ts";
import { parseQmailQueue, parseUnprocessed } from "../../../src/mail/qmail-queue.ts";
import { parseQueueLine } from "../../../src/mail/queue-listing.ts";
import { effort, effortOfOne, nearly, nearlyBytes, neverThrows } from "./foreign.ts";

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
      effortOfOne(2),
    );
  });

  test("names in a Maildir of any bytes", () => {
    const name = Buffer.from("1713166912.M1P2.h\xf6st,S=10,W=12:2,FRSab", "latin1");
    fc.assert(
      fc.property(fc.oneof(nearlyBytes(name), anyBytes), (bytes) => {
        const text = bytes.toString("latin1");
        const { base } = parseMaildirName(text);
        expect(Buffer.from(text, "latin1").subarray(0, base.length)).toEqual(Buffer.from(base, "latin1"));
      }),
      effortOfOne(2),
    );
  });

  test("control files of two hosts that are made one: no UID is given twice", () => {
    const lists = [
      "3 V17 N4 G1a\n1 :1.M1P2.h,S=10\n3 G00 :2.M1P2.h\n",
      "3 V17 N9 G1a\n1 :1.M1P2.h,S=10\n4 :3.M1P2.h\n",
    ];
    fc.assert(
      fc.property(nearly(lists), nearly(lists), (own, more) => {
        const { text = own } = mergeUidlists(own, more);
        const uids = [...parseUidlist(text).uids.values()];
        if (new Set([...parseUidlist(own).uids.values()]).size === parseUidlist(own).uids.size) {
          expect(new Set(uids).size).toBe(uids.length);
        }
        mergeSubscriptions(own, more);
        const { letterFor } = mergeKeywords(own, more);
        for (const letter of "azA") letterFor(letter);
      }),
      effort,
    );
  });

  test("dovecot-keywords and subscriptions", () => {
    neverThrows(["0 $Forwarded\n1 NonJunk\n", "V\t2\n\nSent\tx\n", "Sent.x\nDrafts\n"], (text) => {
      keywordNames("azA", parseKeywords(text));
      parseSubscriptions(text);
    });
  });

  test("what qmail-qread and qmail-qstat print: read, or told as it is", () => {
    const sound = [
      "20 Nov 2026 12:00:00 GMT  #123  678  <a@example.org> \n\tremote\tb@example.com\n  done\tlocal\tx-c@d\n",
      "messages in queue: 2\nmessages in queue but not yet preprocessed: 1\n",
    ];
    neverThrows(sound, (text) => {
      for (const read of [parseQmailQueue, parseUnprocessed]) {
        try {
          read(text);
        } catch (error) {
          expect(String(error)).toMatch(/^Error: qmail-q(read|stat) says: /);
        }
      }
    });
  });

  test("a queue's JSON", () => {
    const line =
      '{"queue_name":"deferred","queue_id":"4Xy","arrival_time":1713166912,"message_size":10,"sender":"a@b","recipients":[{"address":"c@d","delay_reason":"x"}]}';
    neverThrows([line], readQueueLine, effortOfOne(2));
  });

  test("a queue's JSON of other values", () => {
    fc.assert(
      fc.property(fc.json(), (line) => {
        readQueueLine(line);
      }),
      effortOfOne(2),
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

describe("what a mail server answers, whatever it is, is read to its end", () => {
  test("IMAP", () => {
    const sound = [
      '* NAMESPACE (("" ".")) NIL NIL\r\nn OK\r\n* LSUB () "." {4}\r\nSent\r\ns OK\r\n* STATUS "x\\"y" (MESSAGES 3)\r\nl OK\r\n* OK [UIDVALIDITY 17] x\r\n* OK [UIDNEXT 4] x\r\n* 2 EXISTS\r\ne0 OK\r\n* 1 FETCH (UID 1 FLAGS (\\Seen) X-GUID "a" RFC822.SIZE 10)\r\n* 2 FETCH (FLAGS () UID 3)\r\nf0 OK\r\ne1 NO\r\n* QUOTAROOT INBOX "User quota"\r\n* QUOTA "User quota" (STORAGE 10 512 MESSAGE 3 100)\r\nq OK\r\nz OK bye\r\n',
      "* BYE\r\ndoveadm: Fatal: no\r\n* LSUB () NIL {99}",
    ];
    neverThrows(sound, (text) => {
      const { folders, quota = [] } = parseDialogue(text, 2);
      expect(folders).toHaveLength(2);
      expect(compareQuotas(quota, quota)).toEqual([]);
    });
  });

  test("POP3, and its settings", () => {
    const sound = ["+OK\r\n1 0000000117\r\n2 x\r\n.\r\n+OK bye\r\n", "%{uid | hex(8)}%08Xv%{guid}"];
    const message = {
      base: "1.a",
      size: 1,
      flags: "",
      keywords: "",
      uid: 1,
      uidValidity: 17,
      hash: undefined,
    };
    neverThrows(sound, (text) => {
      const { uidls, count } = parseUidlDialogue(text);
      expect(uidls.size).toBeLessThanOrEqual(count);
      expect(typeof (uidlMaker(text)?.(message) ?? "")).toBe("string");
    });
  });

  test("doveadm and doveconf", () => {
    const sound = [
      "username\tmessages\na@b\t12\n",
      'namespace inbox {\n  inbox = yes\n  separator = .\n  location =\n  mailbox "a b/c" {\n    autoexpunge = 1 d\n  }\n}\nmail_location = maildir:~/Maildir:LAYOUT=fs\n',
    ];
    neverThrows(sound, (text) => {
      parseTabTable(text);
      autoexpungeSettings(text);
      inboxPath(text);
      inboxNamespace(text);
    });
  });
});

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

/** A line that is no message fails the task, in words. */
function readQueueLine(line: string): void {
  try {
    parseQueueLine(line);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error).toMatchObject({ kind: "task-failed", next: expect.any(String) });
  }
}
