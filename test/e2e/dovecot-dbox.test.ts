import { resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { askForMessageIds } from "../../src/lab/check/collect-ids.ts";
import { account } from "./account.ts";
import { type Canary, plantCanary } from "./canary.ts";
import { labName } from "./lab-name.ts";
import { done, type Stage, setTheStage } from "./rehearse.ts";
import {
  beginStory,
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
      return stage;
    },
    growing: /Mailboxes|filter learned|Users whose Maildir changed/,
    account: (stage, traffic) => account(stage, traffic, askForMessageIds),
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
    account: (stage, traffic) => account(stage, traffic, askForMessageIds),
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

  testVerify(story);
  testAccount(story);
  testFinish(story);
});

const ownMessage = "not-for-long@example.org";

async function setMdboxStage(): Promise<Stage> {
  const stage = await setTheStage(labName("mdbox"), { dbox_source: "doveadm" }, "dovecot-dbox", {
    isWithoutRootLogin: true,
  });
  const settings = "/etc/dovecot/conf.d/99-ispmail-mail.conf";
  const change = `sed -i s/sdbox/mdbox/ ${settings}; systemctl restart dovecot`;
  await stage.lab.hosts.new.run(["sh", "-euc", change]);
  return stage;
}
