import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { account } from "./account.ts";
import { done, ends, type Stage, setTheStage } from "./rehearse.ts";

/** What goes wrong before new is opened: nothing is lost, and old serves again. */
describe("before the opening", () => {
  let stage: Stage;
  let traffic: SenderProcess;

  beforeAll(async () => {
    stage = await setTheStage("e2e-rollback");
    traffic = await stage.startTraffic();
    for (const name of ["preflight", "prepare", "hot-copy"]) await done(stage.rehearsal, name);
  });
  afterAll(async () => {
    await traffic?.kill();
    await stage?.close();
  });

  test("a host with another key stops the run, and shows both what is wrong and what to do", async () => {
    const { rehearsal, lab } = stage;
    const wrong = join(rehearsal.directory, "known_hosts.wrong");
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJmZXJyeW1haWxmZXJyeW1haWxmZXJyeW1haWxm";
    writeFileSync(wrong, [lab.hosts.old, lab.hosts.new].map((host) => `${host.address} ${key}\n`).join(""));
    const other = await stage.otherOperator();
    const ran = await other.stage("preflight", ["-e", `known_hosts_file=${wrong}`]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout + ran.stderr).toMatch(/SHA256:/);
  });

  test("a second operator is refused while the first one works", async () => {
    const { rehearsal } = stage;
    const first = rehearsal.stage("hot-copy");
    const held = async () =>
      (await stage.lab.hosts.new.exec(["cat", "/var/lib/mailferry/lock"])).exitCode === 0;
    while (!(await held()));
    const other = await stage.otherOperator();
    const second = await other.stage("preflight");
    expect(second.exitCode).toBe(4);
    expect(second.stdout + second.stderr).toMatch(/locked by .* since/);
    expect((await first).exitCode).toBe(0);
  });

  test("nobody there to confirm: nothing is touched", async () => {
    const { rehearsal, lab } = stage;
    const ran = await rehearsal.mailferry([
      ..."run bullseye-to-trixie --stage cutover --yes -i".split(" "),
      rehearsal.inventory,
    ]);
    expect(ran.exitCode).toBe(4);
    expect((await lab.hosts.old.exec(["systemctl", "is-active", "postfix"])).stdout.trim()).toBe("active");
  });

  test("a failure before the opening rolls back, and mail flows on old again", async () => {
    const { old, new: fresh } = stage.lab.hosts;
    await fresh.run(["mv", "/usr/bin/rsync", "/usr/bin/rsync.away"]);
    await ends(stage.rehearsal, "cutover", 1, "--on-failure", "rollback");
    await fresh.run(["mv", "/usr/bin/rsync.away", "/usr/bin/rsync"]);

    for (const unit of ["postfix", "dovecot"]) {
      expect((await old.exec(["systemctl", "is-active", unit])).stdout.trim()).toBe("active");
      expect((await fresh.exec(["systemctl", "is-active", unit])).stdout.trim()).toBe("inactive");
    }
    expect((await old.run(["postconf", "-h", "master_service_disable"])).trim()).toBe("");
    expect((await old.exec(["ls", "/var/lib/mailferry/latches"])).stdout.trim()).toBe("");
    const accepted = traffic.tally().accepted;
    while (traffic.tally().accepted < accepted + 20) await new Promise((resolve) => setTimeout(resolve, 200));
  });

  test("a rollback of prepare opens new again", async () => {
    const { rehearsal, lab } = stage;
    const ran = await rehearsal.mailferry([
      ..."rollback bullseye-to-trixie --stage prepare -i".split(" "),
      rehearsal.inventory,
    ]);
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
    expect((await lab.hosts.new.exec(["systemctl", "is-active", "postfix"])).stdout.trim()).toBe("active");
  });

  test("the whole move still works afterwards, and nothing was lost", async () => {
    for (const name of ["prepare", "hot-copy", "cutover", "verify"]) await done(stage.rehearsal, name);
    expect(await account(stage, traffic)).toMatchObject({ lost: [], doubled: [], stray: [] });
  });
});
