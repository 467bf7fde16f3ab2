import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../src/lab/lab.ts";
import type { RehearsalState } from "../../src/lab/rehearsal/rehearsal.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { account } from "./account.ts";
import { hostState } from "./host-state.ts";
import { labName } from "./lab-name.ts";
import { listUidls, readFolder, sendMail } from "./mail-client.ts";
import { done, ends, type Stage, until } from "./rehearse.ts";
import { deliverSlowly } from "./slow-delivery.ts";
import { killAtTask, rollBack, unchanged } from "./story.ts";
import { first, last, setWavesStage } from "./waves-stage.ts";

const [alice, bob] = [`alice@${last}`, `bob.builder@${first}`];
const waveTable = "regexp:/etc/postfix/mailferry-waves";

/** Two domains move one after the other, with mail flowing to both and between them. */
describe("one domain at a time", () => {
  let stage: Stage;
  let traffic: SenderProcess;
  /** What a proxy of the operator's own was told, in `told`. */
  let ownProxy: string;

  beforeAll(async () => {
    ownProxy = await mkdtemp(join(tmpdir(), "mailferry-own-proxy-"));
    const variables = { wave_proxy_command: `sh -c 'echo "$@" >>${ownProxy}/told' sh` };
    stage = await setWavesStage(labName("waves"), { variables, isWithoutRootLogin: true });
  });
  afterAll(async () => {
    await traffic?.kill();
    await stage?.close();
    await rm(ownProxy, { recursive: true });
  });

  const wave = (name: string, domain: string) => done(stage.rehearsal, name, "--domains", domain);
  const stateOf = async (domain: string) => {
    const file = join(stage.rehearsal.stateDirectory, "waves", domain, "state.json");
    return JSON.parse(await readFile(file, "utf8")) as RehearsalState;
  };
  const flows = async () => {
    const { accepted } = traffic.tally();
    await until(() => traffic.tally().accepted >= accepted + 20);
  };
  const isShut = async (host: LabHost, domain: string) =>
    (await host.exec(["doveadm", "auth", "test", `nobody@${domain}`, "x"])).stdout.includes("user_disabled");
  const serves = async (host: LabHost) =>
    (await host.exec(["systemctl", "is-active", "postfix", "dovecot"])).stdout.trim() === "active\nactive";

  const told = async () => (await readFile(join(ownProxy, "told"), "utf8")).trim().split("\n");
  const isHeld = async (host: LabHost, address: string) =>
    (await host.exec(["postmap", "-q", address, waveTable])).stdout.startsWith("retry:");
  /** How somebody who has a mailbox logs in on a host. */
  const loginOn = (host: LabHost, address: string) => {
    const user = stage.manifest.users.find((user) => user.address === address);
    if (user === undefined) throw new Error(`nobody has the address ${address}`);
    return { host: host.address, user: address, pass: user.password };
  };

  test("without --domains nothing runs, and no other playbook takes them", async () => {
    const { rehearsal } = stage;
    const without = await ends(rehearsal, "preflight", 2);
    expect(without.stderr).toContain("--domains is missing");
    const words = ["-i", rehearsal.inventory, "--stage", "preflight", "--domains", first];
    const other = await rehearsal.mailferry(["run", "bullseye-to-trixie", ...words]);
    expect(other).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("moves all domains together"),
    });
  });

  test("check mode of a wave leaves both hosts as they were, byte for byte", async () => {
    const { rehearsal, lab } = stage;
    const states = () => Promise.all([hostState(lab.hosts.old), hostState(lab.hosts.new)]);
    const before = await states();
    for (const name of ["preflight", "prepare", "hot-copy", "cutover"]) {
      await done(rehearsal, name, "--check", "--domains", first);
    }
    expect(await states()).toEqual(before);
  });

  test("a first wave in whose freeze Dovecot can't read its configuration is rolled back, and old serves its domain again", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    traffic = await stage.startTraffic();
    for (const name of ["preflight", "prepare", "hot-copy"]) await wave(name, first);
    const pidFile = "/run/dovecot/master.pid";
    await old.run(["cp", "-p", pidFile, "/run/master.pid"]);
    // No process has this number: the kernel gives none that is higher than 4194304.
    await old.run(["sh", "-c", `echo 4194999 >${pidFile}`]);
    const failed = await ends(rehearsal, "cutover", 1, "--domains", first);
    expect(failed.stdout).toMatch(/FAILED .*Dovecot reads its configuration/);
    await old.run(["mv", "/run/master.pid", pidFile]);
    expect([await isHeld(old, bob), await isHeld(old, alice)]).toEqual([true, false]);
    expect((await stateOf(first)).latches).toMatchObject({ "old-frozen": expect.any(String) });
    expect(await serves(old)).toBe(true);

    await rollBack(rehearsal, "cutover", "--domains", first);
    expect((await stateOf(first)).latches).toEqual({});
    expect([await isShut(old, first), await serves(old), await serves(fresh)]).toEqual([false, true, false]);
    expect(await readFolder(lab, loginOn(old, bob))).toMatchObject({ loggedIn: true });
    expect(await told()).toEqual([`${first} ${old.address}`]);
    expect((await old.run(["postconf", "-h", "transport_maps", "mynetworks"])).trim()).not.toMatch(
      /mailferry|10\.77\.0\.20/,
    );
    await flows();
  });

  test("killed in its freeze it goes on, and a third run changes nothing", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    // Dovecot may read its configuration only once it has stored this; it would say that it did not, and get it twice.
    const slow = await deliverSlowly(old, alice, `/var/vmail/${last}/alice/Maildir`);
    const killed = killAtTask(
      rehearsal,
      "cutover",
      "Where new delivers the domains that old still has",
      "--domains",
      first,
    );
    await until(() => isHeld(old, alice), 300_000);
    await slow.release();
    await killed;
    expect([await isHeld(old, alice), await slow.copies()]).toEqual([false, 1]);
    expect((await stateOf(first)).unfinishedStage).toBe("cutover");
    expect([await isShut(old, first), await isShut(old, last), await serves(old)]).toEqual([
      true,
      false,
      true,
    ]);
    for (const host of [old, fresh]) {
      expect(await readFolder(lab, loginOn(host, bob))).toMatchObject({ loggedIn: false });
    }
    await wave("cutover", first);
    unchanged(await wave("cutover", first));
    expect((await stateOf(first)).latches["new-opened"]).toBeDefined();
    expect([await serves(old), await serves(fresh)]).toEqual([true, true]);
    expect([await isShut(old, first), await isShut(old, last)]).toEqual([true, false]);
    expect([await isShut(fresh, first), await isShut(fresh, last)]).toEqual([false, true]);
    expect(await told()).toEqual([`${first} ${old.address}`, `${first} ${fresh.address}`]);
    await flows();
  });

  test("the whole server does not move any more, nor a domain with two waves", async () => {
    const { rehearsal } = stage;
    const words = ["-i", rehearsal.inventory, "--stage", "preflight"];
    const whole = await rehearsal.mailferry(["run", "bullseye-to-trixie", ...words]);
    expect(whole, whole.stdout).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("one domain at a time"),
    });
    const both = await ends(rehearsal, "preflight", 4, "--domains", `${last},${first}`);
    expect(both.stderr).toContain(`${first} moves with another wave already`);
    const status = await rehearsal.mailferry(["status", "ispmail-waves", "-i", rehearsal.inventory]);
    expect(status.stdout).toMatch(
      /example\.net: on new since .*; done: preflight, prepare, hot-copy, cutover/,
    );
  });

  test("mail from one domain's server reaches the other's", async () => {
    const { old, new: fresh } = stage.lab.hosts;
    const ways = [
      { from: fresh, at: old, to: alice, id: "to-old" },
      { from: old, at: fresh, to: bob, id: "to-new" },
    ];
    for (const { from, at, to, id } of ways) {
      const mail = `Message-ID: <${id}@example.org>\nSubject: between the servers\n\n${id}\n`;
      await from.run(["sendmail", "-f", "postmaster@example.org", to], { stdin: mail });
      const find = ["doveadm", "search", "-u", to, "header", "Message-ID", `<${id}@example.org>`];
      await until(async () => (await at.exec(find)).stdout !== "");
      expect((await from.exec(find)).stdout).toBe("");
    }
  });

  test("who still comes to old by its name reads there what new holds, once new has the domain", async () => {
    const { lab } = stage;
    const { old, new: fresh } = lab.hosts;
    // Mail goes on coming in: what is read later has more.
    const [passedOn, onNew] = [
      await readFolder(lab, loginOn(old, bob)),
      await readFolder(lab, loginOn(fresh, bob)),
    ];
    expect(passedOn.subjects).toContain("between the servers");
    expect(onNew.uidValidity).toBe(passedOn.uidValidity);
    const [{ uidls = [] }, listed] = [
      await listUidls(lab, loginOn(old, bob)),
      await listUidls(lab, loginOn(fresh, bob)),
    ];
    expect(uidls.length).toBeGreaterThan(0);
    expect(listed.uidls).toEqual(expect.arrayContaining([...uidls]));
    // Of the domain that has not moved, old shows its own; the mail above lies there alone.
    expect((await readFolder(lab, loginOn(old, alice))).subjects).toContain("between the servers");
    expect(await readFolder(lab, loginOn(fresh, alice))).toMatchObject({ loggedIn: false });

    const stranger = { ...loginOn(old, bob), pass: "not the password" };
    expect(await readFolder(lab, stranger)).toMatchObject({ loggedIn: false });
    const submits = (login: ReturnType<typeof loginOn>) =>
      sendMail(lab, {
        ...{
          host: old.address,
          port: 587,
          from: login.user,
          to: "somebody@example.com",
          subject: "x",
          login,
        },
      });
    for (const login of [loginOn(old, bob), stranger]) {
      expect(await submits(login)).toMatchObject({ accepted: false });
    }
  });

  test("a later wave that is killed in its freeze is rolled back, and the first one stays on new", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    for (const name of ["preflight", "prepare", "hot-copy"]) await wave(name, last);
    await killAtTask(
      rehearsal,
      "cutover",
      "Old takes no mail of these domains into a mailbox any more",
      "--domains",
      last,
    );
    expect([await isHeld(old, alice), await isShut(old, last)]).toEqual([true, true]);
    await rollBack(rehearsal, "cutover", "--domains", last);
    expect((await stateOf(last)).latches).toEqual({});
    expect([await isHeld(old, alice), await isShut(old, last), await isShut(old, first)]).toEqual([
      false,
      false,
      true,
    ]);
    expect([await isShut(fresh, first), await isShut(fresh, last)]).toEqual([false, true]);
    expect((await old.run(["postmap", "-q", bob, waveTable])).trim()).toBe(`smtp:[${fresh.address}]:25`);
    expect((await readFolder(lab, loginOn(old, bob))).subjects).toContain("between the servers");
    expect(await readFolder(lab, loginOn(old, alice))).toMatchObject({ loggedIn: true });
    await flows();
  });

  test("the last wave follows", async () => {
    const seen = await wave("verify", first);
    expect(seen).toMatch(/Where every message went.*\n.*relayed to new/);
    expect(seen).toContain(`imap ${bob}, `);
    await wave("cutover", last);
    unchanged(await wave("cutover", last));
    await flows();
    unchanged(await wave("verify", last));
  });

  test("no mail that either server accepted is lost or doubled, and clients notice nothing", async () => {
    const sums = await account(stage, traffic);
    expect(sums).toMatchObject({ lost: [], doubled: [], stray: [], differences: [] });
    expect(sums.accepted).toBeGreaterThan(100);
  });

  test("both waves end, and new believes old no longer once it is told so", async () => {
    const { rehearsal, lab } = stage;
    for (const domain of [first, last]) {
      await wave("finish", domain);
      unchanged(await wave("finish", domain));
    }
    const believed = async () => {
      const { new: fresh, old } = lab.hosts;
      const settings = ["postconf -h mynetworks", "doveconf -n", "cat /etc/rspamd/local.d/options.inc"];
      const found = await fresh.exec(["sh", "-c", settings.join("; ")]);
      return found.stdout.split("\n").filter((line) => line.includes(old.address));
    };
    expect(await believed()).not.toEqual([]);
    const leave = () => done(rehearsal, "finish", "--domains", last, "-e", "wave_old_stands=false");
    await leave();
    expect(await believed()).toEqual([]);
    unchanged(await leave());
  });
});
