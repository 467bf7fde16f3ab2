import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../src/lab/lab.ts";
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
  type Story,
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

  test("a way back that is killed behind new's freeze is taken back, and new goes on with its mail as it was", async () => {
    const { rehearsal } = story.stage();
    const { old, new: fresh } = hosts();
    for (const id of [marked, deleted]) await save(fresh, id);
    await killAtTask(rehearsal, "back", "Nobody's mail stays on new");
    expect(Object.keys(await latches())).toContain("new-frozen");
    await rollBack(rehearsal, "back");
    expect(Object.keys(await latches())).not.toContain("new-frozen");
    await untilAccepted(story);
    // Old has it by now; a look at what still came there does not bring back what a user deletes.
    expect(await flagsOf(old, deleted)).toEqual(["INBOX"]);
    await fresh.run(["doveadm", "expunge", ...john, "mailbox", "INBOX", ...withId(deleted)]);
    await done(rehearsal, "verify", "-e", "imap_copy_accept_missing=true");
    expect(await flagsOf(fresh, deleted)).toEqual([]);
  });

  test("behind the opening new's mail goes back to old, also when the controller is killed meanwhile", async () => {
    const { rehearsal } = story.stage();
    const { old, new: fresh } = hosts();
    await fresh.run(["doveadm", "mailbox", "create", "-s", ...john, "Made/Here"]);
    await fresh.run([
      "doveadm",
      "flags",
      "add",
      ...john,
      "\\Flagged $Marked",
      "mailbox",
      "INBOX",
      ...withId(marked),
    ]);
    await fresh.run(["doveadm", "copy", ...john, "Made/Here", "mailbox", "INBOX", ...withId(marked)]);
    await killAtTask(rehearsal, "back", "Copy back what old lacks");
    expect(await latches()).toHaveProperty("new-frozen");
    await ends(rehearsal, "verify", 4);
    await answer(story.stage(), {});
    const asked = await ends(rehearsal, "back", 4);
    expect(asked.stdout + asked.stderr).toContain("Let the old server work again");
    expect(Object.keys(await latches()).sort()).toEqual(["new-frozen", "old-frozen"]);
    expect(await flagsOf(old, marked)).toEqual(["INBOX \\Flagged $Marked", "Made.Here \\Flagged $Marked"]);
    await thaw(old);
    await answer(story.stage(), { "imap-copy-frozen": old.address, "imap-copy-thawed": old.address });
    await done(rehearsal, "back");
    expect(await latches()).toEqual({});
    for (const unit of ["postfix", "dovecot"]) {
      expect((await fresh.exec(["systemctl", "is-enabled", unit])).stdout.trim()).toBe("masked");
    }
    await untilAccepted(story);
    await ends(rehearsal, "back", 4);
  });

  test("and another move after it", async () => {
    const { rehearsal } = story.stage();
    for (const name of ["prepare", "hot-copy"]) await done(rehearsal, name);
    await freeze(hosts().old);
    await done(rehearsal, "cutover");
    expect(await latches()).toHaveProperty("new-serving");
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

/** Messages that come to new once it was opened: one that john marks there, one that he deletes. */
const [marked, deleted] = ["marked@example.org", "deleted@example.org"] as const;
const john = ["-u", "john@example.org"];

function withId(id: string): string[] {
  return ["header", "Message-ID", id];
}

async function save(host: LabHost, id: string): Promise<void> {
  const message = `Message-ID: <${id}>\nSubject: of my own\n\nHello\n`;
  await host.run(["doveadm", "save", ...john, "-m", "INBOX"], { stdin: message });
}

/** In which folders a message is, with its flags. */
async function flagsOf(host: LabHost, id: string): Promise<string[]> {
  const fetch = ["doveadm", "-f", "json", "fetch", ...john, "mailbox flags", ...withId(id)];
  const rows = JSON.parse((await host.run(fetch)) || "[]") as Row[];
  return rows
    .map(({ mailbox, flags = "" }) =>
      [mailbox, ...flags.split(" ").filter((flag) => !/^$|Recent/.test(flag))].join(" "),
    )
    .sort();
}

/** Waits until servers took some more mail. */
async function untilAccepted(story: Story): Promise<void> {
  const sender = await story.traffic();
  const { accepted } = sender.tally();
  await until(() => sender.tally().accepted >= accepted + 20);
}

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

type Row = Readonly<Record<string, string | undefined>>;
