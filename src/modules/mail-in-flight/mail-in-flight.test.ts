import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ledgerBytes } from "../../mail/testing/fake-ledger.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import { mailInFlight } from "./mail-in-flight.ts";

/** A directory with programs of its own before those of the system, a queue and a log. */
let directory: string;
let context: FakeContext;
const now = Math.floor(Date.now() / 1000);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-in-flight-"));
  const made = directory;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  context = fakeContext();
  execFileSync("mkdir", ["-p", join(directory, "bin"), join(directory, "spool/corrupt")]);
  writeFileSync(join(directory, "queue"), "");
  program(
    "postconf",
    `case "$2" in maillog_file) cat ${directory}/maillog_file ;; *) echo ${directory}/spool ;; esac`,
  );
  writeFileSync(join(directory, "maillog_file"), `${directory}/mail.log\n`);
});

function program(name: string, body: string): void {
  const path = join(directory, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function host(queue = ""): FakeHost {
  return new FakeHost({
    name: "mail-old",
    facts: { clock_skew: 0 },
    commands: [
      { argv: ["postqueue", "-j"], answer: queue },
      { argv: ["sh"], answer: localShellWith(join(directory, "bin")) },
    ],
  });
}

/** A log file whose last line is so old. */
function log(name: string, secondsAgo: number, ...lines: string[]): void {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  if (name.endsWith(".gz")) {
    execFileSync("mv", [path, `${path}.plain`]);
    writeFileSync(path, execFileSync("gzip", ["-c", `${path}.plain`]));
    rmSync(`${path}.plain`);
  }
  utimesSync(path, now - secondsAgo, now - secondsAgo);
}

const at = (secondsAgo: number, text: string) =>
  `${new Date((now - secondsAgo) * 1000).toISOString()} old postfix/${text}`;

const arrival = (secondsAgo: number, id: string) => [
  at(secondsAgo, `smtpd[1]: ${id}: client=a[192.0.2.1]`),
  at(secondsAgo, `cleanup[1]: ${id}: message-id=<${id}@example.com>`),
  at(secondsAgo, `qmgr[1]: ${id}: from=<a@example.com>, size=1, nrcpt=1 (queue active)`),
];

const delivery = (secondsAgo: number, id: string) => [
  at(
    secondsAgo,
    `lmtp[1]: ${id}: to=<john@example.org>, relay=old[private/dovecot-lmtp], delay=1, dsn=2.0.0, status=sent (250 ok)`,
  ),
  at(secondsAgo, `qmgr[1]: ${id}: removed`),
];

describe("mail_in_flight", () => {
  test("reads the log with the rotated files, and what waits", async () => {
    log("mail.log.2.gz", 90_000, at(90_000, "master[1]: started"));
    log("mail.log.1", 500, ...arrival(600, "AAAAAA1"), ...arrival(590, "BBBBBB1"));
    log("mail.log", 0, ...delivery(400, "AAAAAA1"), at(300, "dovecot[1]: something else"));
    const queue = `${JSON.stringify({ queue_name: "deferred", queue_id: "BBBBBB1", arrival_time: now - 590, sender: "a@example.com" })}\n`;
    writeFileSync(join(directory, "spool/corrupt/CCCCCC1"), "");
    const { result, message } = await lookWith(
      mailInFlight,
      { since: String(now - 3600) },
      host(queue),
      context,
    );
    expect(result).toMatchObject({
      messages: 3,
      went: { delivered: 1, deferred: 1, corrupt: 1, unknown: 0 },
      exceptions: [],
    });
    expect(message).toMatch(/^3 messages since .*: 1 delivered, 1 deferred, 1 corrupt$/);
    const lines = readFileSync(String(result?.file), "utf8").trimEnd().split("\n");
    const told = lines.map((line) => JSON.parse(line) as { id: string });
    expect(told.map(({ id }) => id).sort()).toEqual(["AAAAAA1", "BBBBBB1", "CCCCCC1"]);
  });

  test("begins where the last copy began", async () => {
    await lookWith(mailInFlight, { mark: true, since: String(now - 50) }, host(), context);
    log("mail.log.1", 7200, ...arrival(9000, "AAAAAA1"));
    log("mail.log", 0, ...arrival(20, "BBBBBB1"), ...delivery(20, "BBBBBB1"));
    const { result } = await lookWith(mailInFlight, {}, host(), context);
    expect(result).toMatchObject({ messages: 1, since: now - 50 });
  });

  test("fails for a message that nothing tells of, and names it", async () => {
    log("mail.log", 0, ...arrival(9000, "XXXXXX1"), ...delivery(9000, "XXXXXX1"), ...arrival(60, "AAAAAA1"));
    const args = { since: now - 100, domains: ["example.org"] };
    await expect(lookWith(mailInFlight, args, host(), context)).rejects.toMatchObject({
      kind: "proof-failed",
      message: expect.stringContaining(
        "AAAAAA1 from <a@example.com> (AAAAAA1@example.com): unknown, neither removed nor in the queue",
      ),
    });
    const { result } = await lookWith(mailInFlight, { ...args, accept_unknown: true }, host(), context);
    expect(result).toMatchObject({ went: { unknown: 1 } });
  });

  test("fails for mail that old put into its own mailboxes behind the ledger", async () => {
    log("mail.log", 0, ...arrival(60, "AAAAAA1"), ...delivery(60, "AAAAAA1"));
    const takenAt = new Date((now - 80) * 1000).toISOString();
    writeFileSync(await context.runFile("ledger-old"), ledgerBytes({ takenAt }, []));
    const args = { since: now - 30, ledger: "ledger-old", domains: ["Example.org"], accept_unknown: false };
    await expect(lookWith(mailInFlight, args, host(), context)).rejects.toThrow(
      "AAAAAA1 from <a@example.com> (AAAAAA1@example.com): delivered-late, to john@example.org",
    );
  });

  test("fails when the log does not reach back", async () => {
    log("mail.log", 0, ...arrival(60, "AAAAAA1"), ...delivery(60, "AAAAAA1"));
    const looking = lookWith(mailInFlight, { since: now - 86_400 }, host(), context);
    await expect(looking).rejects.toThrow(/the mail log \(files\) reaches back to .* only/);
  });

  test("takes the journal when it reaches back, and tells its gaps", async () => {
    writeFileSync(join(directory, "maillog_file"), "");
    const lines = [
      ...[...arrival(60, "AAAAAA1"), ...delivery(60, "AAAAAA1")].map((line) =>
        line.replace(/^\S+/, String(now - 60)),
      ),
      `${now - 50} old systemd-journald[1]: Suppressed 3 messages from postfix@-.service`,
    ];
    writeFileSync(join(directory, "journal"), `${lines.join("\n")}\n`);
    program(
      "journalctl",
      `case "$*" in *_UID=0*) echo "${now - 999}.5 old x" ;; *) cat ${directory}/journal ;; esac`,
    );
    const args = { since: now - 100 };
    await expect(lookWith(mailInFlight, args, host(), context)).rejects.toThrow(
      "the journal has a gap: Suppressed 3 messages",
    );
    const accepted = await lookWith(mailInFlight, { ...args, accept_unknown: true }, host(), context);
    expect(accepted.result).toMatchObject({ went: { delivered: 1 } });
  });

  test("a file that can't be read is no empty file", async () => {
    log("mail.log", 0, ...arrival(60, "AAAAAA1"), ...delivery(60, "AAAAAA1"));
    writeFileSync(join(directory, "mail.log.1.gz"), "no archive");
    await expect(lookWith(mailInFlight, { since: now - 30 }, host(), context)).rejects.toThrow(
      "mail.log.1.gz could not be read",
    );
  });

  test.each([{ since: "yesterday" }, { since: -1 }, { new: "mail-new" }, { queue: "hold" }])(
    "refuses %j",
    (args) => {
      expect(refuses(mailInFlight, args)).toBeDefined();
    },
  );
});
