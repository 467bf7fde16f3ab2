import { resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { askForMessageIds } from "../../src/lab/check/collect-ids.ts";
import type { LabHost } from "../../src/lab/lab.ts";
import { account } from "./account.ts";
import { type Canary, plantCanary } from "./canary.ts";
import { labName } from "./lab-name.ts";
import { done, ends, type Stage, setTheStage, until } from "./rehearse.ts";
import { readRunLines } from "./run-file.ts";
import {
  beginStory,
  killAtTask,
  rollBack,
  type Story,
  testAccount,
  testCheckMode,
  testFinish,
  testHotCopy,
  testInit,
  testKilledCutover,
  testPreflight,
  testPrepare,
  testRolledBackCutover,
  testRolledBackPrepare,
  testVerify,
  unchanged,
} from "./story.ts";

/**
 * The whole move from Maildirs to sdbox on real hosts, with mail flowing, and one import into mdbox. The users come from the copy
 * aside, but in the cutover that is taken back straight from old.
 */
describe("Dovecot dbox", () => {
  let canary: Canary | undefined;
  afterAll(() => canary?.stop());
  const story = beginStory({
    setStage: async () => {
      const stage = await setTheStage(labName("dbox"), {}, "dovecot-dbox", { isWithoutRootLogin: true });
      canary = await plantCanary(stage, "john@example.org");
      for (const id of [marked, deleted]) await save(stage.lab.hosts.old, "INBOX", id);
      return stage;
    },
    says: {
      preflight: [],
      verify: [
        /that are not what they were on old: 1\. quota-differs: \S+ STORAGE \(old: .* of 512000 KiB used, new: .* of 1024000 KiB used\)/,
      ],
    },
    growing: /Mailboxes|filter learned|Users whose Maildir changed/,
    account: (stage, traffic) => account(stage, traffic, { find: askForMessageIds }),
  });
  testInit(story, "dovecot-dbox");
  testCheckMode(story);
  testPreflight(story);
  testPrepare(story);
  testRolledBackPrepare(story);
  testHotCopy(story);

  test("mdbox is proven to be the copy, too; mail that no import brought is not replaced unasked", async () => {
    const { rehearsal, lab } = story.stage();
    const config = "/etc/dovecot/mdbox.conf";
    const settings = "mail_driver = mdbox\nmail_path = ~/mdbox\n";
    await lab.hosts.new.run(["sh", "-euc", 'cat /etc/dovecot/dovecot.conf - >"$1"', "sh", config], {
      stdin: settings,
    });
    const words = ["run", resolve("test/e2e/import-again.yml"), "-i", rehearsal.inventory];
    const again = (...more: string[]) =>
      rehearsal.mailferry([...words, "-e", `dbox_config=${config}`, ...more]);
    const refused = await again();
    expect(refused, refused.stdout + refused.stderr).toMatchObject({ exitCode: 1 });
    expect(refused.stdout).toContain("mail that no import brought is in its mailbox");
    const imported = await again("-e", "dbox_adopt=true");
    expect(imported, imported.stdout + imported.stderr).toMatchObject({ exitCode: 0 });
    expect(imported.stdout).toMatch(/ [1-9][0-9]* messages in [0-9]+ folders of [0-9]+ users seen by IMAP$/m);
    const found = await lab.hosts.new.run(["find", "/var/vmail", "-path", "*/mdbox/storage/m.*"]);
    expect(found).toContain("/var/vmail/example.org/alice/mdbox/storage/m.");
    await lab.hosts.new.run(["sh", "-euc", 'rm -rf /var/vmail/*/*/mdbox "$1"', "sh", config]);
  });

  testRolledBackCutover({ ...story, killAt: "Ledger of the old host" }, "-e", "dbox_source=doveadm");
  testKilledCutover(story);

  test("behind the opening a way back that was broken off is taken back, and new goes on", async () => {
    const { rehearsal, lab } = story.stage();
    await killAtTask(rehearsal, "back", "Ledger of these Maildirs");
    expect(Object.keys((await rehearsal.readState()).latches)).toContain("new-frozen");
    await rollBack(rehearsal, "back");
    expect(Object.keys((await rehearsal.readState()).latches)).not.toContain("new-frozen");
    const inner = await lab.hosts.new.exec(["systemctl", "is-active", "mailferry-dovecot"]);
    expect(inner.stdout.trim()).toBe("inactive");
    await untilAccepted(story);
  });

  test("behind the opening new's mail goes back to old, also when the controller is killed meanwhile", async () => {
    const { rehearsal, lab } = story.stage();
    const { old, new: fresh } = lab.hosts;
    const onNew = (command: string, id: string, ...words: string[]) =>
      fresh.run(["doveadm", ...command.split(" "), ...john, ...words, ...withId(id)]);
    await fresh.run(["doveadm", "mailbox", "create", "-s", ...john, "Made on new"]);
    for (const id of [brought, notForLong]) await save(fresh, "Made on new", id);
    await fresh.run(["doveadm", "expunge", ...john, "mailbox", "Made on new", ...withId(notForLong)]);
    await onNew("flags add", marked, "\\Flagged $Marked", "mailbox", "INBOX");
    await onNew("copy", marked, "INBOX", "mailbox", "INBOX");
    await onNew("expunge", deleted, "mailbox", "INBOX");

    await killAtTask(rehearsal, "back", "Bring back what only new has");
    expect((await rehearsal.readState()).latches["new-frozen"]).toBeDefined();
    // It waits in new's queue, and is handed over in the end.
    await fresh.run(["sendmail", "john@example.org"], { stdin: "Subject: from the queue of new\n\nhello\n" });
    await ends(rehearsal, "hot-copy", 4);
    const told = await done(rehearsal, "back");
    expect(told).toMatch(/ [1-9][0-9]* messages in [0-9]+ folders of [0-9]+ users seen by IMAP$/m);
    expect((await rehearsal.readState()).latches).toEqual({});
    for (const unit of story.services) {
      expect((await old.exec(["systemctl", "is-active", unit])).stdout.trim()).toBe("active");
      expect((await fresh.exec(["systemctl", "is-enabled", unit])).stdout.trim()).toBe("masked");
    }

    const flagsOf = async (id: string) => {
      const rows = await old.run(["doveadm", "-f", "json", "fetch", ...john, "mailbox flags", ...withId(id)]);
      return (JSON.parse(rows) as { mailbox: string; flags: string }[])
        .map(({ mailbox, flags }) =>
          [mailbox, ...flags.split(" ").filter((flag) => !/^$|Recent/.test(flag))].join(" "),
        )
        .sort();
    };
    const status = await old.run([
      "doveadm",
      "mailbox",
      "status",
      ...john,
      "messages uidnext",
      "Made on new",
    ]);
    expect(status.trim()).toBe("Made on new messages=1 uidnext=3");
    expect(await flagsOf(brought)).toEqual(["Made on new"]);
    expect(await flagsOf(marked)).toEqual(["INBOX \\Flagged $Marked", "INBOX \\Flagged $Marked"]);
    expect(await flagsOf(deleted)).toEqual(["INBOX"]);
    const search = ["doveadm", "search", ...john, "mailbox", "INBOX", "subject", "from the queue of new"];
    await until(async () => (await old.run(search)) !== "");
    expect(await old.run(["doveadm", "mailbox", "list", "-s", ...john])).toContain("Made on new");
    await old.run(["doveadm", "mailbox", "unsubscribe", ...john, "Made on new"]);
    expect((await fresh.exec(["ls", "/var/vmail.back"])).exitCode).not.toBe(0);
    await untilAccepted(story);
    await ends(rehearsal, "back", 4);
  });

  test("and another move after it", async () => {
    for (const name of ["hot-copy", "cutover"]) await done(story.stage().rehearsal, name);
  });

  test("every user has the quota of old, as IMAP shows it", async () => {
    const { rehearsal, lab, manifest } = story.stage();
    const seen = await readRunLines(rehearsal, "imap-proof-opening.jsonl");
    const limits = new Map(seen.map(({ type, mailbox, limits }) => [type === "quota" && mailbox, limits]));
    const limited = manifest.users.filter(({ kind, quota }) => kind === "rich" && quota > 0);
    expect(limited.length).toBeGreaterThan(0);
    for (const { address, quota } of limited) {
      const storage = { resource: "STORAGE", limit: Math.ceil(quota / 1024) };
      expect(limits.get(address), address).toMatchObject([storage]);
    }
    expect(seen.filter(({ difference }) => difference === "quota-differs")).toEqual([]);
    // What somebody changes on new is told by verify.
    const one = limited.find(({ quota }) => quota === 524_288_000);
    const twice = `UPDATE virtual_users SET quota = 2 * quota WHERE email = '${one?.address}'`;
    await lab.hosts.new.run(["mariadb", "mailserver"], { stdin: twice });
  });

  testVerify(story);
  testAccount(story);
  testFinish(story);

  test("no secret of the move stood in a command line or an environment, or stands in a file", async () => {
    expect(canary?.seen()).toEqual([]);
    expect(canary?.linkKeys()).toBeGreaterThan(0);
    expect(await canary?.files()).toEqual(canary?.planted);
  });
});

/** The same to mdbox, in short: the users come straight from old. */
describe("Dovecot dbox, many messages in a file", () => {
  const story = beginStory({
    setStage: setMdboxStage,
    account: (stage, traffic) => account(stage, traffic, { find: askForMessageIds }),
  });

  test("what a user deletes on old between two hot copies is in no file any more in which new keeps messages", async () => {
    const { rehearsal, lab } = story.stage();
    const { old, new: fresh } = lab.hosts;
    // Its headers stay in a cache until Dovecot makes that anew.
    const search = ["grep", "-rl", "--include=m.*", ownMessage, "/var/vmail"];
    const files = async () => (await fresh.exec(search)).stdout.trim();
    const saving = ["doveadm", "save", "-u", "alice@example.org", "-m", "INBOX"];
    await old.run(saving, { stdin: `Message-ID: <${ownMessage}>\nSubject: Not for long\n\nSo long\n` });
    for (const stage of ["preflight", "prepare"]) await done(rehearsal, stage);
    await story.traffic();
    await done(rehearsal, "hot-copy");
    expect(await files()).toMatch(/^\/var\/vmail\/example\.org\/alice\/mdbox\/storage\/m\.\d+$/);
    const found = ["mailbox", "INBOX", "header", "Message-ID", ownMessage];
    await old.run(["doveadm", "expunge", "-u", "alice@example.org", ...found]);
    await done(rehearsal, "hot-copy");
    expect(await files()).toBe("");
  });

  test("the cutover goes through while mail comes in; a second run changes nothing", async () => {
    const { rehearsal } = story.stage();
    expect(await done(rehearsal, "cutover")).toMatch(
      / [1-9][0-9]* messages in [0-9]+ folders of [0-9]+ users seen by IMAP$/m,
    );
    expect((await rehearsal.readState()).latches["new-serving"]).toBeDefined();
    unchanged(await done(rehearsal, "cutover"));
  });

  test("what came to new goes back, and comes again with the next move, though old's Maildir is as it was", async () => {
    const { rehearsal, lab } = story.stage();
    const { new: fresh } = lab.hosts;
    await untilAccepted(story);
    const alice = ["-u", "alice@example.org"];
    const messages = async (host: LabHost) =>
      (await host.run(["doveadm", "fetch", ...alice, "guid", "ALL"]))
        .split("\n")
        .filter((line) => line !== "")
        .sort();
    const before = await messages(fresh);
    expect(before.length).toBeGreaterThan(0);
    // Old keeps it, and nothing else of hers changes there.
    await fresh.run(["doveadm", "expunge", ...alice, "mailbox", "INBOX", "1"]);
    await done(rehearsal, "back");
    await untilAccepted(story);
    for (const name of ["hot-copy", "cutover"]) await done(rehearsal, name);
    const after = await messages(fresh);
    expect(before.filter((guid) => !after.includes(guid))).toEqual([]);
  });

  testVerify(story);
  testAccount(story);
  testFinish(story);
});

const ownMessage = "not-for-long@example.org";

/** Messages of john's: one that he marks and copies on new, one that he deletes there, and two that come there. */
const [marked, deleted, brought, notForLong] = ["marked", "deleted", "brought", "not-for-long"].map(
  (name) => `${name}@example.org`,
) as [string, string, string, string];
const john = ["-u", "john@example.org"];

function withId(id: string): string[] {
  return ["header", "Message-ID", id];
}

async function save(host: LabHost, folder: string, id: string): Promise<void> {
  const message = `Message-ID: <${id}>\nSubject: of my own\n\nHello\n`;
  await host.run(["doveadm", "save", ...john, "-m", folder], { stdin: message });
}

/** Waits until servers took some more mail. */
async function untilAccepted(story: Story): Promise<void> {
  const sender = await story.traffic();
  const { accepted } = sender.tally();
  await until(() => sender.tally().accepted >= accepted + 20);
}

async function setMdboxStage(): Promise<Stage> {
  const stage = await setTheStage(labName("mdbox"), { dbox_source: "doveadm" }, "dovecot-dbox", {
    isWithoutRootLogin: true,
  });
  const settings = "/etc/dovecot/conf.d/99-ispmail-mail.conf";
  const change = `sed -i s/sdbox/mdbox/ ${settings}; systemctl restart dovecot`;
  await stage.lab.hosts.new.run(["sh", "-euc", change]);
  return stage;
}
