import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode, encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadInput, Failure } from "../../../src/contract/errors.ts";
import { temporaryDirectory } from "../../../src/contract/testing/temporary-directory.ts";
import { loadInventory } from "../../../src/language/inventory/load-inventory.ts";
import { loadPlaybook } from "../../../src/language/load-playbook.ts";
import { fewModules } from "../../../src/language/testing/few-modules.ts";
import { readAnswer } from "../../../src/mail/dns-record.ts";
import { parseUidlist } from "../../../src/mail/dovecot-uidlist.ts";
import { readLogLine } from "../../../src/mail/mail-log-line.ts";
import { parseMaildirName } from "../../../src/mail/maildir-name.ts";
import { parsePostfixLine } from "../../../src/mail/postfix-log.ts";
import { parseQueueLine } from "../../../src/mail/queue-listing.ts";
import { parseProgressLine, parseStats } from "../../../src/mail/rsync-output.ts";
import { parseSshSettings } from "../../../src/transport/ssh-config.ts";
import { effort, nearly, nearlyBytes } from "./foreign.ts";

/** Whatever a host or a person gives: a reader gives back a value of its own form and never throws. */
function neverThrows(sound: readonly string[], read: (text: string) => unknown): void {
  const anything = fc.oneof(nearly(sound), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(anything, (text) => {
      read(text);
    }),
    effort,
  );
}

describe("what hosts return, whatever is in it, is read without a throw", () => {
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

  test("rsync's progress", () => {
    const sound = [
      "    1,234,567  42%   10.00MB/s    0:00:12 (xfr#3, to-chk=7/12)",
      "32768 100% 1.2kB/s 0:00:00",
    ];
    neverThrows(sound, parseProgressLine);
  });

  test("rsync's statistics", () => {
    const sound = [
      "Number of files: 1,234 (reg: 1,000)\nTotal transferred file size: 12 bytes\nsent 1 bytes",
    ];
    neverThrows(sound, (text) => parseStats(text.split("\n")));
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

  test("what ssh -G prints", () => {
    neverThrows(["user root\nhostname 192.0.2.1\nport 22\nidentityfile ~/.ssh/id\n"], parseSshSettings);
  });

  test("answers of name servers", () => {
    const packet = encode({
      type: "response",
      id: 7,
      questions: [{ type: "MX", name: "example.org" }],
      answers: [
        { type: "MX", name: "example.org", ttl: 60, data: { preference: 10, exchange: "mail.example.org" } },
        { type: "TXT", name: "example.org", ttl: 60, data: ["v=spf1 -all"] },
        { type: "AAAA", name: "example.org", ttl: 60, data: "2001:db8::1" },
        { type: "SOA", name: "example.org", ttl: 60, data: { mname: "ns", rname: "root", serial: 1 } },
      ],
    });
    fc.assert(
      fc.property(nearlyBytes(packet), (bytes) => {
        const answers = answersIn(bytes);
        for (const answer of answers) readAnswer(answer);
      }),
      effort,
    );
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

/** What the packet holds; nothing where it is no packet, which the exchange with a name server passes over. */
function answersIn(bytes: Buffer) {
  try {
    return decode(bytes).answers ?? [];
  } catch {
    return [];
  }
}

describe("what people write, whatever is in it, is told with a place", () => {
  const inventory =
    "all:\n  vars: { mail_domain: example.org, ports: [25, 143] }\n  children:\n    old:\n      hosts:\n        a[1:3].example.org: { address: 192.0.2.10, user: root, port: 22 }\n    new:\n      hosts:\n        b.example.org: { address: 192.0.2.20 }\n";
  const playbook =
    'vars: { a: "{{b}}", b: [1, 2] }\nstages:\n  - name: copy\n    requires: []\n    plays:\n      - name: Copy\n        hosts: new\n        tasks:\n          - name: Say\n            debug: { msg: "{{a}} and {{upper inventory_hostname}}" }\n            when: size(b) > 1 && a != "x"\n            loop: [1, 2]\n            tags: [t]\n';

  test("an inventory", () => toldWithPlace(inventory, "inventory.yml", (file) => loadInventory(file)));

  test("a playbook", () =>
    toldWithPlace(playbook, "playbook.yml", (file) =>
      loadPlaybook(file, { modules: fewModules, roleDirectories: [] }),
    ));
});

/** The file loads, or every problem names a place in it. Anything else that is thrown is a fault. */
async function toldWithPlace(
  sound: string,
  name: string,
  load: (file: string) => Promise<unknown>,
): Promise<void> {
  const file = join(temporaryDirectory(), name);
  const property = fc.asyncProperty(nearly([sound]), async (text) => {
    writeFileSync(file, text);
    try {
      await load(file);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      for (const { place } of error.problems) expect(place?.file).toBe(file);
    }
  });
  await fc.assert(property, effort);
}
