import { describe, expect, test } from "vitest";
import { readLogLine } from "./mail-log-line.ts";
import { parsePostfixLine } from "./postfix-log.ts";

const clock = { now: Date.parse("2026-11-29T14:30:00Z") / 1000, offsetSeconds: 3600 };

function parse(text: string) {
  return parseLine(`1795961797.25 mail-old postfix/${text}`);
}

function parseLine(line: string) {
  const read = readLogLine(line, clock);
  return read === undefined ? undefined : parsePostfixLine(read);
}

describe("a line of Postfix's log", () => {
  test.each([
    ["1795961797.250000 h postfix/qmgr[7]: 33F6AF62032: removed", 1795961797.25],
    ["Nov 29 15:16:37 h postfix/qmgr[7]: 33F6AF62032: removed", 1795961797],
    ["2026-11-29T15:16:37.250+01:00 h postfix-out/qmgr[7]: 33F6AF62032: removed", 1795961797.25],
    ["Dec  1 15:16:37 h postfix/qmgr[7]: 33F6AF62032: removed", Date.parse("2025-12-01T14:16:37Z") / 1000],
  ])("has its time: %s", (line, at) => {
    expect(parseLine(line)).toEqual({ kind: "removed", id: "33F6AF62032", at });
  });

  test.each([
    ["smtpd[5]: 3zX9QBF1: client=a[192.0.2.1]", { kind: "arriving", id: "3zX9QBF1" }],
    ["submission/smtpd[5]: 33F6AF62032: client=a[192.0.2.1], sasl_username=x", { kind: "arriving" }],
    ["pickup[725]: 33F6AF62032: uid=0 from=<root>", { kind: "arriving", process: "postfix/pickup[725]" }],
    ["cleanup[1]: 33F6AF62032: message-id=<a@b>", { kind: "message-id", messageId: "a@b" }],
    ["cleanup[1]: 33F6AF62032: message-id=", { kind: "message-id", messageId: "" }],
    ["qmgr[1]: 33F6AF62032: from=<>, size=320, nrcpt=2 (queue active)", { kind: "queued", recipients: 2 }],
    ["qmgr[1]: 33F6AF62032: from=<a@b>, status=expired, returned to sender", { kind: "expired" }],
    ["postsuper[1]: 33F6AF62032: removed", { kind: "deleted" }],
    ["postsuper[1]: 33F6AF62032: placed on hold", { kind: "held" }],
    ["cleanup[1]: 33F6AF62032: hold: header Subject: x from a[192.0.2.1]; from=<a@b>", { kind: "held" }],
    [
      "cleanup[1]: 33F6AF62032: milter-reject: END-OF-MESSAGE from a[192.0.2.1]: 5.7.1 no",
      { kind: "refused" },
    ],
    ["smtpd[1]: lost connection after DATA (12 bytes) from a[192.0.2.1]", { kind: "session-broken" }],
    ["smtpd[1]: timeout after BDAT (12 bytes) from a[192.0.2.1]", { kind: "session-broken" }],
    ["smtpd[1]: warning: 33F6AF62032: queue file size limit exceeded", { kind: "refused" }],
  ])("tells of a message: %s", (text, event) => {
    expect(parse(text)).toMatchObject(event);
  });

  test.each([
    "smtpd[1]: NOQUEUE: client=a[192.0.2.1]",
    "smtpd[1]: NOQUEUE: reject: RCPT from a[192.0.2.1]: 450 4.7.1 <x>: no; from=<a@b> to=<c@d>",
    // The other recipients of this message are taken.
    "smtpd[1]: 33F6AF62032: reject: RCPT from a[192.0.2.1]: 550 5.1.1 <x>: unknown",
    // It may have been taken: Postfix had it whole.
    "smtpd[1]: lost connection after END-OF-MESSAGE from a[192.0.2.1]",
    // The message before has come to its end, and may have been taken.
    "smtpd[1]: lost connection after RSET from a[192.0.2.1]",
    "smtpd[1]: timeout after QUIT from a[192.0.2.1]",
    "smtpd[1]: too many errors after RCPT from a[192.0.2.1]",
    "smtpd[1]: lost connection after DATA from a[192.0.2.1]",
    "master[1]: daemon started -- version 3.5.25, configuration /etc/postfix",
    "smtp[1]: warning: host a[192.0.2.1] greeted me with my own hostname",
    "",
  ])("or tells nothing: %s", (text) => {
    expect(parse(text)).toBeUndefined();
    expect(parseLine(text)).toBeUndefined();
  });

  test("an attempt to deliver", () => {
    const line =
      "lmtp[754]: 429F4F62012: to=<john@example.org>, orig_to=<jack@example.org>, relay=mail-old[private/dovecot-lmtp], conn_use=2, delay=0.14, delays=0.06/0.02/0.02/0.04, dsn=2.0.0, status=sent (250 2.0.0 <john@example.org> Saved)";
    expect(parse(line)).toMatchObject({
      kind: "attempt",
      attempt: {
        ...{ agent: "lmtp", recipient: "john@example.org", relay: "mail-old[private/dovecot-lmtp]" },
        ...{ status: "sent", said: "250 2.0.0 <john@example.org> Saved" },
      },
    });
  });

  test.each([
    // The recipient's address says what Postfix would say.
    [
      'to=<"a>, relay=x[192.0.2.9]:25, delay=1, status=sent (b"@example.org>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (no)',
      { status: "deferred", relay: "none" },
    ],
    // So does the other server.
    [
      "to=<a@b>, relay=none, delay=1, delays=1/0/0/0, dsn=4.0.0, status=deferred (host said: 400, relay=y[192.0.2.9]:25, delay=1, status=sent (250 ok))",
      { status: "deferred", relay: "none" },
    ],
  ])("is not taken in by what others wrote: %s", (rest, attempt) => {
    expect(parse(`smtp[1]: 33F6AF62032: ${rest}`)).toMatchObject({ attempt });
  });

  test("what can't be read is no attempt at all", () => {
    expect(parse('smtp[1]: 33F6AF62032: to=<"a@b>, relay=none, delay=1, status=sent (x)')).toBeUndefined();
    expect(parse(`smtp[1]: 33F6AF62032: to=<${'"'.repeat(15_001)}`)).toBeUndefined();
  });

  test("the journal says that it dropped lines", () => {
    const line = "1795961797.25 h systemd-journald[20]: Suppressed 12 messages from postfix@-.service";
    expect(parseLine(line)).toMatchObject({ kind: "lines-lost" });
    const other = "1795961797.25 h systemd-journald[20]: Suppressed 12 messages from cron.service";
    expect(parseLine(other)).toBeUndefined();
  });
});
