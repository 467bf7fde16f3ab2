import { expect, test } from "vitest";
import { ClientCount, clientIn, clientPattern } from "./mail-clients.ts";
import { readLogLine } from "./mail-log-line.ts";

const clock = { now: 1_795_962_000, offsetSeconds: 0 };

function line(text: string, at = 1_795_961_000) {
  const read = readLogLine(`${at}.5 old ${text}`, clock);
  if (read === undefined) throw new Error(`no line: ${text}`);
  return read;
}

const imap =
  "dovecot[36]: imap-login: Login: user=<john@example.org>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, TLS";
const smtp = "postfix/smtpd[5]: 33F6AF62032: client=mx.example.com[192.0.2.9]";

test.each([
  [imap, { service: "imap", name: "john@example.org" }],
  [imap.replace("[36]", "").replace("imap", "pop3"), { service: "pop3", name: "john@example.org" }],
  [smtp, { service: "smtp", name: "mx.example.com[192.0.2.9]" }],
  [
    `${smtp}, sasl_method=PLAIN, sasl_username=jane@example.net`,
    { service: "submission", name: "jane@example.net" },
  ],
  [
    "dovecot[36]: imap-login: proxy(john@example.org,192.0.2.20:993): Started proxying to 192.0.2.20 (0.1 secs): user=<john@example.org>",
    { service: "imap", name: "john@example.org" },
  ],
  [
    "dovecot[36]: pop3-login: proxy(john@example.org): started proxying to 192.0.2.20:995 (0.1 secs): user=<john@example.org>",
    { service: "pop3", name: "john@example.org" },
  ],
  ["mailferry-visit[9]: 0-192.0.2.1:993-192.0.2.9:47138", { service: "port 993", name: "192.0.2.9" }],
  [
    "postfix/mailferry-visit[9]: 12-2001:db8::1:143-2001:db8::9:47138",
    { service: "port 143", name: "2001:db8::9" },
  ],
  ["mailferry-visit[9]: 0-a socket of the host itself", undefined],
  ["postfix/smtpd[5]: 33F6AF62032: client=localhost[127.0.0.1]", undefined],
  ["dovecot[36]: imap-login: Disconnected: user=<john@example.org>", undefined],
  ["postfix/smtpd[5]: connect from mx.example.com[192.0.2.9]", undefined],
])("%s", (text, client) => {
  expect(clientIn(line(text))).toEqual(client);
  if (client !== undefined) expect(new RegExp(clientPattern).test(` ${text}`)).toBe(true);
});

test("counts each client, the last to come first", () => {
  const count = new ClientCount();
  for (const [text, at] of [
    [imap, 1_795_961_001],
    [imap, 1_795_961_003],
    [smtp, 1_795_961_002],
  ] as const) {
    count.take(line(text, at));
  }
  expect(count.clients()).toEqual([
    { service: "imap", name: "john@example.org", count: 2, lastAt: 1_795_961_003.5 },
    { service: "smtp", name: "mx.example.com[192.0.2.9]", count: 1, lastAt: 1_795_961_002.5 },
  ]);
  for (let number = 0; number < 10_005; number += 1) count.take(line(smtp.replace("mx.", `mx${number}.`)));
  expect(count.clients()).toHaveLength(10_000);
  expect(count.others).toBe(7);
});

test("counts clients beside however many visitors of closed ports", () => {
  const count = new ClientCount();
  for (let number = 0; number < 10_005; number += 1) {
    const visit = `mailferry-visit[1]: 0-192.0.2.1:993-2001:db8::${number.toString(16)}:40112`;
    count.take(line(visit, 1_795_961_001));
  }
  count.take(line(smtp, 1_795_961_000));
  expect(count.clients()[0]?.service).toBe("smtp");
  expect([count.clients().length, count.others, count.otherVisits]).toEqual([10_001, 0, 5]);
});

test("of some domains it counts the users' logins alone", () => {
  const count = new ClientCount(["example.org"]);
  for (const text of [imap, imap.replace("example.org", "Example.ORG"), imap.replace("org", "net"), smtp]) {
    count.take(line(text));
  }
  expect(count.clients().map(({ name }) => name)).toEqual(["john@example.org", "john@Example.ORG"]);
});
