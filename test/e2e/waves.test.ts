import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../src/lab/lab.ts";
import { labHosts } from "../../src/lab/lab-hosts.ts";
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
  /** What finds a mail by its id on a host; `more` narrows it down. */
  const find = (host: LabHost, user: string, id: string, ...more: string[]) =>
    host.exec(["doveadm", "search", "-u", user, ...more, "header", "Message-ID", `<${id}@example.org>`]);
  const has = async (...words: Parameters<typeof find>) => (await find(...words)).stdout !== "";
  const mailOn = (host: LabHost, to: string, id: string) => {
    const mail = `Message-ID: <${id}@example.org>\nSubject: between the servers\n\n${id}\n`;
    return host.run(["sendmail", "-f", "postmaster@example.org", to], { stdin: mail });
  };
  /** The names of all messages of a domain on a host, without their flags. */
  const messagesOf = async (host: LabHost, domain: string) => {
    const listed = await host.run(["find", `/var/vmail/${domain}`, "-regex", ".*/\\(cur\\|new\\)/[^/]*"]);
    return listed
      .split("\n")
      .filter((path) => path !== "")
      .map((path) => path.replace(/\/(cur|new)\//, "/").replace(/:2,[^/]*$/, ""));
  };
  const inDns = async (type: string, name: string) =>
    (await stage.lab.hosts.dns.run(["dig", "+short", `@${labHosts.dns.address}`, type, name])).trim();
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
      await mailOn(from, to, id);
      await until(() => has(at, to, id));
      expect(await has(from, to, id)).toBe(false);
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

  test("the only wave goes back, killed meanwhile: its mail is on old, which serves it as before, and new is closed", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    const flag = ["doveadm", "flags", "add", "-u", bob, "\\Flagged", "mailbox", "INBOX"];
    await fresh.run([...flag, "header", "Message-ID", "<to-new@example.org>"]);
    await killAtTask(rehearsal, "back", "Bring back what only new has", "--domains", first);
    expect((await stateOf(first)).latches["new-frozen"]).toBeDefined();
    for (const host of [old, fresh]) {
      expect([await isHeld(host, bob), await isShut(host, first), await serves(host)]).toEqual([
        true,
        true,
        true,
      ]);
    }
    expect([await isHeld(old, alice), await isShut(old, last)]).toEqual([false, false]);
    // It waits in new's queue, and is handed over in the end.
    await mailOn(fresh, bob, "from-the-queue-of-new");
    const beside = await ends(rehearsal, "preflight", 4, "--domains", last);
    expect(beside.stderr).toContain(`the wave of ${first} goes back to old since`);

    await wave("back", first);
    expect((await stateOf(first)).latches).toEqual({});
    expect(await messagesOf(old, first)).toEqual(expect.arrayContaining(await messagesOf(fresh, first)));
    expect(await has(old, bob, "to-new", "flagged")).toBe(true);
    await until(() => has(old, bob, "from-the-queue-of-new"));
    expect([await serves(old), await serves(fresh), await isShut(old, first)]).toEqual([true, false, false]);
    expect((await readFolder(lab, loginOn(old, bob))).subjects).toContain("between the servers");
    expect((await told()).at(-1)).toBe(`${first} ${old.address}`);
    expect(await inDns("MX", first)).toBe("10 mail.example.org.");
    for (const host of [old, fresh]) {
      const settings = await host.run(["postconf", "-h", "transport_maps", "mynetworks"]);
      expect(settings).not.toMatch(/mailferry|10\.77\.0\.[12]0/);
    }
    await flows();
    await ends(rehearsal, "back", 4, "--domains", first);
  });

  test("and moves again", async () => {
    for (const name of ["prepare", "hot-copy", "cutover"]) await wave(name, first);
    expect(await has(stage.lab.hosts.new, bob, "to-new", "flagged")).toBe(true);
    await flows();
  });

  test("a later wave that is killed in its freeze is rolled back, and the first one stays on new", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    for (const name of ["preflight", "prepare", "hot-copy"]) await wave(name, last);
    await killAtTask(
      rehearsal,
      "cutover",
      "No mail of these domains is taken into a mailbox any more",
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

  test("a wave does not go back while old lacks what was changed on new: nothing stops", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    const change = `INSERT INTO virtual_aliases (domain_id, source, destination)
      SELECT id, 'late@${last}', '${alice}' FROM virtual_domains WHERE name = '${last}'`;
    await fresh.run(["mysql", "mailserver", "-e", change]);
    const refused = await ends(rehearsal, "back", 1, "--domains", last);
    expect(refused.stdout + refused.stderr).toContain(`alias late@${last} to ${alice}`);
    expect((await stateOf(last)).latches["new-frozen"]).toBeUndefined();
    expect([await isHeld(old, alice), await isHeld(fresh, alice)]).toEqual([false, false]);
    await old.run(["mysql", "mailserver", "-e", change]);
  });

  test("a way back that is killed in its freeze is taken back, and new serves the domain again", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    await killAtTask(rehearsal, "back", "Bring back what only new has", "--domains", last);
    expect([await isHeld(old, alice), await isHeld(fresh, alice)]).toEqual([true, true]);
    await rollBack(rehearsal, "back", "--domains", last);
    expect((await stateOf(last)).latches["new-frozen"]).toBeUndefined();
    expect([await isShut(fresh, last), await isHeld(fresh, alice), await isHeld(old, alice)]).toEqual([
      false,
      false,
      false,
    ]);
    for (const host of [old, fresh]) {
      expect(await readFolder(lab, loginOn(host, alice))).toMatchObject({ loggedIn: true });
    }
    await mailOn(old, alice, "on-new-since");
    await until(() => has(fresh, alice, "on-new-since"));
    await flows();
  });

  test("one of two waves goes back: its mail and flags are on old, which serves it, and new serves the other one", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    const flag = ["doveadm", "flags", "add", "-u", alice, "\\Flagged", "mailbox", "INBOX"];
    await fresh.run([...flag, "header", "Message-ID", "<on-new-since@example.org>"]);
    await wave("back", last);
    expect((await stateOf(last)).latches).toEqual({});
    expect((await stateOf(first)).latches["new-serving"]).toBeDefined();
    expect(await messagesOf(old, last)).toEqual(expect.arrayContaining(await messagesOf(fresh, last)));
    expect(await has(old, alice, "on-new-since", "flagged")).toBe(true);
    expect([await isShut(old, last), await isShut(old, first)]).toEqual([false, true]);
    expect([await isShut(fresh, last), await isShut(fresh, first)]).toEqual([true, false]);
    expect([await serves(old), await serves(fresh)]).toEqual([true, true]);
    // Both names of servers lead everybody to what is theirs, or to nothing.
    expect(await readFolder(lab, loginOn(old, alice))).toMatchObject({ loggedIn: true });
    expect(await readFolder(lab, loginOn(fresh, alice))).toMatchObject({ loggedIn: false });
    expect((await readFolder(lab, loginOn(old, bob))).subjects).toContain("between the servers");
    const ways = [
      { from: fresh, at: old, to: alice, id: "back-on-old" },
      { from: old, at: fresh, to: bob, id: "still-on-new" },
    ];
    for (const { from, at, to, id } of ways) {
      await mailOn(from, to, id);
      await until(() => has(at, to, id));
      expect(await has(from, to, id)).toBe(false);
    }
    await flows();
    await ends(rehearsal, "back", 4, "--domains", last);
  });

  test("and moves again, with all that came to either server meanwhile", async () => {
    for (const name of ["prepare", "hot-copy", "cutover", "verify"]) await wave(name, last);
    const { new: fresh } = stage.lab.hosts;
    expect(await has(fresh, alice, "on-new-since", "flagged")).toBe(true);
    expect(await has(fresh, alice, "back-on-old")).toBe(true);
    await flows();
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
