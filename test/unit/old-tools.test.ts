import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { run } from "./engine/run-playbook.ts";
import { placeWith } from "./old-place.ts";

/** Roles on old servers that no lab can boot. */
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

const start = "postfix/master[1]: daemon started";
const client = "postfix/smtpd[1]: 33F6AF62032: client=mx.example.com[192.0.2.9]";

describe.each([
  ["Stretch, whose journalctl can't search", "--grep"],
  ["Jessie, whose journalctl can't tell times as numbers", "--grep|short-unix|--identifier"],
  ["Wheezy, which has no journal", undefined],
])("on %s, the role relay", (_host, refused) => {
  /** The rows at which finish stops, and all it tells, where mail came to old so many seconds ago; its log is a day old. */
  async function finish(age: number, window: number) {
    const lines = [
      [secondsAgo(86_400), start],
      [secondsAgo(age), client],
    ] as const;
    const journalctl = [
      `for word in "$@"; do case $word in ${refused}) echo "unknown: $word" >&2; exit 1 ;; esac; done`,
      ...lines.map(([at, text]) => `echo '${at}.0 old ${text}'`),
      'cat "${0%/*}/postlog.lines" 2>/dev/null || :',
    ];
    const postlog = `
line="mailferry-quiet[7]: info: $5"
echo "$(date +%s).0 old $line" >>"$0.lines"
echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) old $line" >>"\${0%/*}/../mail.log"`;
    const place = placeWith({
      postlog,
      postconf: 'echo "postconf: warning: $2: unknown parameter" >&2',
      ...(refused === undefined ? {} : { journalctl: journalctl.join("\n") }),
    });
    const log = join(place.directory, "mail.log");
    const texts = lines.map(([at, text]) => `${new Date(at * 1000).toISOString()} old ${text}\n`);
    writeFileSync(log, texts.join(""));
    utimesSync(log, secondsAgo(age), secondsAgo(age));
    const vars = `{ mail_domains: [example.org], relay_quiet_seconds: ${window} }`;
    const roles = `[{ role: relay, tasks_from: quiet, vars: ${vars} }]`;
    const { result, events } = await run(place, `- hosts: old\n  roles: ${roles}\n`);
    const stops = result.failures.map(({ message }) => message.split(": ").at(-1));
    return { stops, told: JSON.stringify(events) };
  }

  test("finds old quiet", async () => {
    expect((await finish(80_000, 7200)).stops).toEqual([]);
  });

  test("names who came lately", async () => {
    const { stops, told } = await finish(3000, 7200);
    expect(stops).toEqual(["old is quiet"]);
    expect(told).toContain("mx.example.com[192.0.2.9]");
  });

  test("stops where the log does not reach back so far", async () => {
    expect((await finish(80_000, 100_000)).stops).toEqual([
      "old's mail log tells of the whole time; old is quiet",
    ]);
  });
});

describe("on Buster, whose journalctl is built without PCRE, the role postfix-safety", () => {
  const refused = "postfix/smtpd[1]: NOQUEUE: reject: RCPT from mx.example.com[192.0.2.9]:";

  /** What verify says of new where its journal has these lines, or ends so. */
  async function softBounced(lines: readonly string[], code = 0): Promise<string> {
    const place = placeWith({
      journalctl: `
case "$*" in
  *--grep*) echo "Compiled without pattern matching support" >&2; exit 1 ;;
  *_UID=0*) echo "1000.0 new x[1]: y" ;;
  *) cat "$0.lines"; exit ${code} ;;
esac`,
    });
    const opened = join(place.directory, "new-opened");
    writeFileSync(
      join(place.directory, "bin", "journalctl.lines"),
      lines.map((line) => `${line}\n`).join(""),
    );
    writeFileSync(opened, "2026-11-29T20:00:00.000Z\n");
    const roles = `[{ role: postfix-safety, tasks_from: soft-bounced, vars: { opened_mark: ${opened} } }]`;
    const { result } = await run(place, `- hosts: new\n  roles: ${roles}\n`);
    return result.failures.map(({ message }) => message).join("\n");
  }

  test("finds nothing where mail was delivered, refused as on old, or deferred as without soft_bounce", async () => {
    const known = [
      "postfix/lmtp[1]: 1: to=<a@example.org>, status=sent (250 2.0.0 saved)",
      `${refused} 450 4.1.1 <b@example.org>: Recipient address rejected: User unknown in virtual mailbox table`,
      `${refused} 554 5.7.1 <c@example.com>: Relay access denied`,
      `${refused} 451 4.3.0 <a@example.org>: Temporary lookup failure`,
    ];
    expect(await softBounced(known)).toBe("");
    expect(await softBounced([])).toBe("");
  });

  test.each([
    "postfix/lmtp[1]: 1: to=<a@example.org>, status=SOFTBOUNCE (550 5.1.1 User unknown)",
    `${refused} 450 4.7.1 <a@example.org>: Sender address rejected`,
    `${refused} 451 4.3.5 <a@example.org>: Recipient address rejected: Server configuration error`,
  ])("finds %s", async (line) => {
    expect(await softBounced([line])).toContain(line);
  });

  test("does not take a journal that can't be read for one that holds nothing", async () => {
    expect(await softBounced([], 1)).toContain("journalctl ended with 1");
  });
});

describe("before a Dovecot is copied, the role maildir", () => {
  /** What preflight says where old has these users, and this one's home holds a message. */
  async function look(doveadm: string | undefined, home = "john") {
    const place = placeWith(doveadm === undefined ? {} : { doveadm, doveconf: ":" });
    const root = join(place.directory, "vmail");
    mkdirSync(root);
    mkdirSync(join(place.directory, home, "Maildir", "cur"), { recursive: true });
    writeFileSync(join(place.directory, home, "Maildir", "cur", "1700000000.M1P1.old:2,S"), "");
    const vars = `{ vmail_directory: ${root} }`;
    const { result, events } = await run(
      place,
      `- hosts: new\n  roles: [{ role: maildir, tasks_from: whereabouts, vars: ${vars} }]\n`,
    );
    return { stops: result.failures.map(({ message }) => message), told: JSON.stringify(events) };
  }

  const users = (home: string) =>
    `case "$*" in *" -- john") cd "$(dirname "$0")/.." && printf 'uid\\t1\\nhome\\t%s\\n' "$PWD/${home}" ;; *) echo john ;; esac`;

  test("goes on where old's Dovecot is of 1.x, and says that its homes were not asked for", async () => {
    const { stops, told } = await look(undefined);
    expect(stops).toEqual([]);
    expect(told).toContain("warning  old's Dovecot tells what its users have: it has no doveadm");
  });

  test("finds the mail of a home elsewhere", async () => {
    expect((await look(users("vmail/john"), "vmail/john")).stops).toEqual([]);
    expect((await look(users("john"))).stops.join("")).toContain("no mail elsewhere");
  });

  test("stops where doveadm can't list the users", async () => {
    expect((await look("exit 75")).stops.join("")).toContain("can't list its users");
  });
});

test("no role, and nothing of a playbook, asks journalctl to search: Stretch's can't, and Buster's lacks PCRE", () => {
  const roots = ["roles", "playbooks", "src"].map((name) =>
    fileURLToPath(new URL(`../../${name}`, import.meta.url)),
  );
  const files = roots.flatMap((root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(yml|sh|hbs|ts)$/.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name)),
  );
  const searching = files.filter((file) => /journalctl[^|;]*(--grep|-g )/s.test(readFileSync(file, "utf8")));
  expect(searching).toEqual([]);
});
