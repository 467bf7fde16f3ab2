import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finish } from "../../src/lab/rehearsal/rehearsal.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { account } from "./account.ts";
import { hostState } from "./host-state.ts";
import { killTree } from "./kill-tree.ts";
import { labName } from "./lab-name.ts";
import { inLab } from "./mail-client.ts";
import { done, ends, type Stage, setTheStage, until } from "./rehearse.ts";

/** The whole migration on real hosts, with mail flowing, a killed controller, and every wrong turn on the way. */
describe("Bullseye to Trixie", () => {
  let stage: Stage;
  let traffic: SenderProcess;

  beforeAll(async () => {
    stage = await setTheStage(labName("migration"));
  });
  afterAll(async () => {
    await traffic?.kill();
    await stage?.close();
  });

  const unchanged = (output: string) => expect(output).not.toMatch(/^changed /m);

  test("check mode of every stage leaves both hosts as they were, byte for byte", async () => {
    const { old, new: fresh } = stage.lab.hosts;
    const before = [await hostState(old), await hostState(fresh)];
    for (const name of ["preflight", "prepare", "hot-copy", "cutover"]) {
      await done(stage.rehearsal, name, "--check");
    }
    // There is nothing yet that these could look at, and they say so.
    const verify = await ends(stage.rehearsal, "verify", 1, "--check");
    expect(verify.stdout).toContain('there is no ledger "ledger-old"');
    const closing = await ends(stage.rehearsal, "finish", 1, "--check");
    expect(closing.stdout).toMatch(/^FAILED .*\n.*new-opened/m);
    expect([await hostState(old), await hostState(fresh)]).toEqual(before);
  });

  test("a cutover before the copy is refused", async () => {
    await ends(stage.rehearsal, "cutover", 4);
  });

  test("preflight shows one table and finds nothing that stops; twice is as good", async () => {
    const output = await done(stage.rehearsal, "preflight");
    expect(output).toContain("ok       two different machines");
    expect(output).toContain("password schemes");
    expect(output).toContain(
      "planned  mail.example.org A: 10.77.0.10; leads to old: 10.77.0.20; TTL 86400 s",
    );
    expect(output).toMatch(
      /planned {2}example\.org TXT: v=spf1 .*; does not allow new: add ip4:10\.77\.0\.20/,
    );
    expect(output).toContain("ok       _imaps._tcp.example.org SRV");
    expect(output).not.toMatch(/^\s*stop {5}/m);
    for (const ran of [output, await done(stage.rehearsal, "preflight")]) unchanged(ran);
  });

  test("prepare closes new and lowers the TTLs; twice changes nothing", async () => {
    traffic = await stage.startTraffic();
    await done(stage.rehearsal, "prepare");
    unchanged(await done(stage.rehearsal, "prepare"));
    const active = await stage.lab.hosts.new.exec(["systemctl", "is-active", "postfix", "dovecot"]);
    expect(active.stdout.trim().split("\n")).toEqual(["inactive", "inactive"]);
    const mx = await inLab(stage.lab, ["dig", "+noall", "+answer", "example.org", "MX"]);
    expect(mx.split(/\s+/)[1]).toBe("60");
  });

  test("a hot copy whose controller is killed leaves rsync at work, and the next run waits for it", async () => {
    const { rehearsal, lab } = stage;
    const atWork = async () => (await lab.hosts.new.exec(["pgrep", "-f", "--", "--bwlimit="])).exitCode === 0;
    const child = rehearsal.start(runOf("hot-copy", rehearsal, "-e", "maildir_bandwidth=1m"));
    const ended = finish(child);
    await until(atWork);
    killTree(child.pid);
    await ended;
    expect(Object.values((await rehearsal.readState()).openJobs)).toEqual([expect.stringMatching(/^rsync-/)]);
    expect(await atWork()).toBe(true);

    const resumed = await done(rehearsal, "hot-copy");
    expect(resumed).toMatch(/waiting for the job rsync-.* that an earlier run left at work/);
    expect(await atWork()).toBe(false);
    expect((await rehearsal.readState()).openJobs).toEqual({});
  });

  test("the hot copy can be run again and again", async () => {
    await done(stage.rehearsal, "hot-copy");
    const again = await done(stage.rehearsal, "hot-copy");
    // New mail keeps coming in, and the filter keeps counting it; all else stays as it is.
    const others = (again.match(/^changed .*$/gm) ?? []).filter(
      (line) => !/Mailboxes|filter learned/.test(line),
    );
    expect(others).toEqual([]);
    // Whatever an inventory says later on: this host holds the originals.
    await stage.lab.hosts.old.run(["test", "-e", "/var/lib/mailferry/copied-from"]);
  });

  test("a cutover that may take longer than it is allowed to is refused, and touches nothing", async () => {
    const { rehearsal, lab } = stage;
    const ran = await ends(rehearsal, "cutover", 4, "--max-downtime", "1s");
    expect(ran.stdout).toMatch(/^Downtime: about .*, at most /m);
    expect(ran.stderr).toContain("--max-downtime allows 1 s; nothing was touched");
    expect((await rehearsal.readState()).latches).toEqual({});
    expect((await lab.hosts.old.exec(["systemctl", "is-active", "postfix"])).stdout.trim()).toBe("active");
  });

  test("a cutover over a part of the mail is refused while old still serves", async () => {
    const part = ["-e", "vmail_directory=/var/vmail/example.net"];
    const ran = await ends(stage.rehearsal, "cutover", 1, "--on-failure", "stop", ...part);
    expect(ran.stdout).toContain("lies outside of /var/vmail/example.net and would stay behind");
    expect((await stage.rehearsal.readState()).latches).toEqual({});
  });

  test("a cutover that is killed in the middle goes on when it is run again", async () => {
    const { rehearsal } = stage;
    const child = rehearsal.start(runOf("cutover", rehearsal));
    const output: string[] = [];
    child.stdout?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    const ended = finish(child);
    await until(() => output.join("").includes("Stop and mask Dovecot"));
    killTree(child.pid);
    await ended;
    const cutShort = await rehearsal.readState();
    expect(cutShort.unfinishedStage).toBe("cutover");
    expect(cutShort.latches["new-opened"]).toBeUndefined();

    const resumed = await done(rehearsal, "cutover");
    expect(resumed).toMatch(/resum|goes on|unfinished/i);
    const after = await rehearsal.readState();
    expect(after.latches["new-opened"]).toBeDefined();
    expect(after.downtimeSeconds).toBeGreaterThan(0);
  });

  test("a second cutover changes nothing", async () => {
    unchanged(await done(stage.rehearsal, "cutover"));
  });

  test("a copy over the new mail is refused, also to an operator who never saw the opening", async () => {
    const fresh = stage.lab.hosts.new;
    await fresh.run(["sendmail", "-f", "postmaster@example.org", "john@example.org"], {
      stdin: "Message-ID: <keep-me@example.org>\nSubject: keep me\n\nkeep me\n",
    });
    const delivered = async () =>
      (await fresh.exec(["doveadm", "search", "-u", "john@example.org", "header", "Message-ID", "keep-me"]))
        .stdout;
    await until(async () => (await delivered()) !== "");

    await ends(stage.rehearsal, "hot-copy", 4);
    const other = await stage.otherOperator();
    await other.stage("preflight");
    await other.stage("prepare");
    await ends(other, "hot-copy", 4);
    // The stage's first role refuses. The mailboxes' own guard has to do so too, hot and cold.
    for (const operator of [stage.rehearsal, other]) {
      for (const phase of ["hot", "cold"]) {
        const words = ["run", resolve("test/e2e/copy-again.yml"), "-i", operator.inventory, "--stage", phase];
        const ran = await operator.mailferry(words);
        expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 4 });
      }
    }
    expect(await delivered()).not.toBe("");
  });

  test("a rollback is refused after the opening", async () => {
    const { rehearsal } = stage;
    const ran = await rehearsal.mailferry([
      "rollback",
      "bullseye-to-trixie",
      "-i",
      rehearsal.inventory,
      "--stage",
      "cutover",
    ]);
    expect(ran).toMatchObject({ exitCode: 4 });
    expect(ran.stdout + ran.stderr).toContain("new server has been opened");
  });

  test("verify proves it again, from the users' side too; twice changes nothing", async () => {
    const output = await done(stage.rehearsal, "verify");
    expect(output).toMatch(/^The downtime was .* \(expected: about .*, at most .*\)\.$/m);
    expect(output).toMatch(/ [0-9]+ messages since [0-9TZ:-]+: [0-9]+ delivered/);
    unchanged(await done(stage.rehearsal, "verify"));
  });

  test("status shows the queues, that old relays, and who still comes to it", async () => {
    const { rehearsal } = stage;
    const { stdout } = await rehearsal.mailferry(["status", "bullseye-to-trixie", "-i", rehearsal.inventory]);
    expect(stdout.match(/ queue: /g)).toHaveLength(2);
    expect(stdout).toMatch(/relay: virtual_transport = smtp:\[10\.77\.0\.20\]:25; new is open since/);
    expect(stdout).toMatch(/still used: by ([0-9]+|nobody) since the opening/);
  });

  test("no mail that old or new accepted is lost or doubled, and clients notice nothing", async () => {
    const sums = await account(stage, traffic);
    expect(sums).toMatchObject({ lost: [], doubled: [], stray: [], differences: [] });
    expect(sums.accepted).toBeGreaterThan(100);
  });

  test("finish takes the safety net down; twice changes nothing", async () => {
    await done(stage.rehearsal, "finish");
    unchanged(await done(stage.rehearsal, "finish"));
    const soft = await stage.lab.hosts.new.run(["postconf", "-h", "soft_bounce"]);
    expect(soft.trim()).toBe("no");
  });

  test("nothing of Mailferry's way in is left on old", async () => {
    const { old, new: fresh } = stage.lab.hosts;
    expect(await old.run(["cat", "/root/.ssh/authorized_keys"])).not.toContain("mailferry:");
    for (const host of [old, fresh]) {
      expect((await host.exec(["ls", "/var/lib/mailferry/jobs"])).stdout.trim()).toBe("");
      expect((await host.exec(["cat", "/var/lib/mailferry/lock"])).exitCode).not.toBe(0);
    }
  });
});

function runOf(name: string, { inventory, answers }: Stage["rehearsal"], ...more: string[]): string[] {
  return ["run", "bullseye-to-trixie", "-i", inventory, "--stage", name, "--answers", answers, ...more];
}
