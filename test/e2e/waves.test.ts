import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../src/lab/lab.ts";
import { labHosts } from "../../src/lab/lab-hosts.ts";
import type { RehearsalState } from "../../src/lab/rehearsal/rehearsal.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { account } from "./account.ts";
import { hostState } from "./host-state.ts";
import { labName } from "./lab-name.ts";
import { done, ends, type Stage, setTheStage, until } from "./rehearse.ts";
import { deliverSlowly } from "./slow-delivery.ts";
import { killAtTask, rollBack, unchanged } from "./story.ts";

const [first, last] = ["example.net", "example.org"];
const waveTable = "regexp:/etc/postfix/mailferry-waves";

/** Two domains move one after the other, with mail flowing to both and between them. */
describe("one domain at a time", () => {
  let stage: Stage;
  let traffic: SenderProcess;

  beforeAll(async () => {
    const { new: fresh } = labHosts;
    const switched = [
      { name: first, type: "MX", ttl: 60, data: `10 ${fresh.fqdn}.`, state: "exact" },
      { name: "mail.example.org", type: "A", ttl: 60, data: fresh.address, state: "exact" },
      { name: "mail.example.org", type: "AAAA", ttl: 60, data: fresh.address6, state: "exact" },
    ];
    const variables = { dns_switch_records: switched };
    const more = { playbook: "ispmail-waves", isWithoutRootLogin: true };
    stage = await setTheStage(labName("waves"), variables, undefined, more);
  });
  afterAll(async () => {
    await traffic?.kill();
    await stage?.close();
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

  test("a first wave that is killed in its freeze is rolled back, and old serves its domain again", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    traffic = await stage.startTraffic();
    for (const name of ["preflight", "prepare", "hot-copy"]) await wave(name, first);
    // Dovecot may read its configuration only once it has stored this; it would say that it did not, and get it twice.
    const alice = `alice@${last}`;
    const slow = await deliverSlowly(old, alice, `/var/vmail/${last}/alice/Maildir`);
    const isHeld = async () =>
      (await old.exec(["postmap", "-q", alice, waveTable])).stdout.startsWith("retry:");
    const killed = killAtTask(
      rehearsal,
      "cutover",
      "Nobody has one of these mailboxes open",
      "--domains",
      first,
    );
    await until(isHeld);
    await slow.release();
    await killed;
    expect([await isHeld(), await slow.copies()]).toEqual([false, 1]);
    expect((await stateOf(first)).latches).toMatchObject({ "old-frozen": expect.any(String) });
    expect([await isShut(old, first), await isShut(old, last), await serves(old)]).toEqual([
      true,
      false,
      true,
    ]);

    await rollBack(rehearsal, "cutover", "--domains", first);
    expect((await stateOf(first)).latches).toEqual({});
    expect([await isShut(old, first), await serves(old), await serves(fresh)]).toEqual([false, true, false]);
    expect((await old.run(["postconf", "-h", "transport_maps", "mynetworks"])).trim()).not.toMatch(
      /mailferry|10\.77\.0\.20/,
    );
    await flows();
  });

  test("killed in its freeze once more it goes on, and a third run changes nothing", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    await killAtTask(
      rehearsal,
      "cutover",
      "Where new delivers the domains that old still has",
      "--domains",
      first,
    );
    expect((await stateOf(first)).unfinishedStage).toBe("cutover");
    await wave("cutover", first);
    unchanged(await wave("cutover", first));
    expect((await stateOf(first)).latches["new-opened"]).toBeDefined();
    expect([await serves(old), await serves(fresh)]).toEqual([true, true]);
    expect([await isShut(old, first), await isShut(old, last)]).toEqual([true, false]);
    expect([await isShut(fresh, first), await isShut(fresh, last)]).toEqual([false, true]);
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
      { from: fresh, at: old, to: `alice@${last}`, id: "to-old" },
      { from: old, at: fresh, to: `bob.builder@${first}`, id: "to-new" },
    ];
    for (const { from, at, to, id } of ways) {
      const mail = `Message-ID: <${id}@example.org>\nSubject: between the servers\n\n${id}\n`;
      await from.run(["sendmail", "-f", "postmaster@example.org", to], { stdin: mail });
      const find = ["doveadm", "search", "-u", to, "header", "Message-ID", `<${id}@example.org>`];
      await until(async () => (await at.exec(find)).stdout !== "");
      expect((await from.exec(find)).stdout).toBe("");
    }
  });

  test("the last wave follows", async () => {
    await wave("verify", first);
    for (const name of ["preflight", "prepare", "hot-copy", "cutover"]) await wave(name, last);
    unchanged(await wave("cutover", last));
    await flows();
    unchanged(await wave("verify", last));
  });

  test("no mail that either server accepted is lost or doubled, and clients notice nothing", async () => {
    const sums = await account(stage, traffic);
    expect(sums).toMatchObject({ lost: [], doubled: [], stray: [], differences: [] });
    expect(sums.accepted).toBeGreaterThan(100);
  });

  test("both waves end", async () => {
    for (const domain of [first, last]) {
      await wave("finish", domain);
      unchanged(await wave("finish", domain));
    }
  });
});
