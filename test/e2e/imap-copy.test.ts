import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { finish } from "../../src/lab/rehearsal/rehearsal.ts";
import { type SecretWatch, watchForSecrets } from "./canary.ts";
import { hostState } from "./host-state.ts";
import { accountForImap, answer, freeze, mailboxesOf, setImapStage, thaw } from "./imap-stage.ts";
import { killTree } from "./kill-tree.ts";
import { labName } from "./lab-name.ts";
import { done, ends, type Stage, until } from "./rehearse.ts";
import { readRunLines } from "./run-file.ts";
import {
  beginStory,
  killAtTask,
  rollBack,
  testAccount,
  testFinish,
  testHotCopy,
  testPrepare,
  testVerify,
  unchanged,
} from "./story.ts";

/**
 * The whole move through IMAP with mail flowing, from Maildirs with "." between the parts of a name to dbox with "/". Mailferry
 * has no login on old: the tests do there what a person does who is asked to.
 */
describe("imap-copy", () => {
  const held: { watch?: SecretWatch } = {};
  afterAll(() => held.watch?.stop());
  const story = beginStory({
    setStage: async () => {
      const stage = await setImapStage(labName("imap"), { isWithoutRootLogin: true });
      held.watch = await plantMasterPassword(stage);
      return stage;
    },
    services: ["postfix"],
    growing: /Copy what new lacks/,
    account: accountForImap,
  });
  const hosts = () => story.stage().lab.hosts;
  const latches = async () => (await story.stage().rehearsal.readState()).latches;

  test("check mode of every stage changes no mailbox and nothing else on either host", async () => {
    const { rehearsal } = story.stage();
    // Who opens a mailbox makes its server write indexes: those of Dovecot lie among the mail.
    const states = () =>
      Promise.all(
        [hosts().old, hosts().new].map(async (host) => ({
          ...(await hostState(host, ["/var/vmail"])),
          mail: await mailboxesOf(host),
        })),
      );
    await mailboxesOf(hosts().new);
    const before = await states();
    for (const name of ["preflight", "prepare", "hot-copy", "cutover"]) {
      await done(rehearsal, name, "--check");
    }
    for (const name of ["verify", "finish"]) {
      expect((await ends(rehearsal, name, 1, "--check")).stdout).toMatch(
        /^FAILED .*\n.*new was not opened yet/m,
      );
    }
    expect(await states()).toEqual(before);
  });

  test("preflight logs in as every user on both sides; twice is as good", async () => {
    const { rehearsal } = story.stage();
    for (const output of [await done(rehearsal, "preflight"), await done(rehearsal, "preflight")]) {
      expect(output).toMatch(/would be: 0 messages copied .*, [1-9][0-9]* folders created/);
      unchanged(output);
    }
  });

  testPrepare(story);

  test("a copy that is killed goes on where it was", async () => {
    const { rehearsal } = story.stage();
    const { playbook, inventory } = rehearsal;
    const words = ["--stage", "hot-copy", "-e", "imap_copy_bandwidth=100k", "--json"];
    const child = rehearsal.start(["run", playbook, "-i", inventory, ...words]);
    const ended = finish(child);
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      const { type, progress } = JSON.parse(line) as CopyEvent;
      if (type !== "task-progress" || (progress?.doneItems ?? 0) < 30) continue;
      killTree(child.pid);
      break;
    }
    await ended;
    expect(child.signalCode).toBe("SIGKILL");
    expect(await done(rehearsal, "hot-copy")).toMatch(/ copied .*, ([3-9][0-9]|[0-9]{3,}) there already/);
  });

  testHotCopy(story);

  test("the cutover asks for the freeze, and goes no further without it", async () => {
    const { rehearsal } = story.stage();
    await answer(story.stage(), {});
    const asked = await ends(rehearsal, "cutover", 4);
    expect(asked.stdout + asked.stderr).toContain("Freeze the old server now: it must take no more mail");
    expect(await latches()).toEqual({});
  });

  test("a cutover that is killed in the freeze is rolled back, and old serves again", async () => {
    const { rehearsal } = story.stage();
    await freeze(hosts().old);
    await answer(story.stage(), { "imap-copy-frozen": hosts().old.address });
    await killAtTask(rehearsal, "cutover", "Mark old as frozen");
    expect(Object.keys(await latches())).toEqual(["old-frozen"]);
    await rollBack(rehearsal, "cutover");
    expect(await latches()).toEqual({});
    await thaw(hosts().old);
    const sender = await story.traffic();
    const { accepted } = sender.tally();
    await until(() => sender.tally().accepted >= accepted + 20);
  });

  test("a cutover that is killed in the freeze goes on when it is run again; a third run changes nothing", async () => {
    const { rehearsal } = story.stage();
    await freeze(hosts().old);
    await killAtTask(rehearsal, "cutover", "Mark old as frozen");
    expect(await done(rehearsal, "cutover")).toMatch(/resum|goes on|unfinished/i);
    expect(Object.keys(await latches()).sort()).toEqual(["new-opened", "new-serving", "old-frozen"]);
    unchanged(await done(rehearsal, "cutover"));
  });

  test("the limits of users were compared by IMAP, and verify names one that somebody changed on new", async () => {
    const { rehearsal, lab, manifest } = story.stage();
    const lines = await readRunLines(rehearsal, "imap-copy-proof.jsonl");
    expect(lines.at(-1)).toMatchObject({ type: "total", "quota-differs": 0 });
    const limited = manifest.users.find(({ quota }) => quota === 524_288_000);
    const setQuota = (change: string) =>
      lab.hosts.new.run(["mariadb", "mailserver"], {
        stdin: `UPDATE virtual_users SET quota = ${change} WHERE email = '${limited?.address}'`,
      });
    await setQuota("2 * quota");
    const output = await done(rehearsal, "verify");
    const sides = "old: [0-9]+ of 512000 KiB used, new: [0-9]+ of 1024000 KiB used";
    expect(output).toMatch(new RegExp(`: 1\\. quota-differs: ${limited?.address} STORAGE \\(${sides}\\)`));
    expect(output).not.toContain("was not compared: one of both servers did not tell");
    await setQuota("quota / 2");
  });

  testVerify(story);
  testAccount(story);
  testFinish(story);

  test("the password that opens every mailbox stood in no command line or environment, and stands in no file but its own", async () => {
    expect(held.watch?.seen()).toEqual([]);
    const { old, new: fresh } = hosts();
    const own = [old, fresh].map(({ name }) => `${name}: /etc/dovecot/master-users`);
    expect(await held.watch?.files()).toEqual([story.stage().rehearsal.inventory, ...own].sort());
  });
});

/** Gives the master user of both servers a password that nothing else is like, and lets it be watched for. */
async function plantMasterPassword(stage: Stage): Promise<SecretWatch> {
  const password = `master"&%/${randomBytes(9).toString("hex")}`;
  const own = await mkdtemp(join(tmpdir(), "mailferry-canary-"));
  const watch = await watchForSecrets(stage, [password], own);
  for (const host of [stage.lab.hosts.old, stage.lab.hosts.new]) {
    // The file keeps its owner and mode.
    await host.run(["sh", "-c", "cat >/etc/dovecot/master-users"], { stdin: `mover:{PLAIN}${password}\n` });
  }
  const { inventory } = stage.rehearsal;
  const text = await readFile(inventory, "utf8");
  await writeFile(inventory, text.replaceAll(/(?<=master_password: )\S+/g, JSON.stringify(password)));
  return watch;
}

/** An event of `--json`, as far as these tests look at it. */
interface CopyEvent {
  readonly type: string;
  readonly progress?: { readonly doneItems?: number };
}
