import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../../src/lab/run-command.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { account } from "./account.ts";
import { atTerminal, ctrlC } from "./at-terminal.ts";
import { labName } from "./lab-name.ts";
import { done, ends, type Stage, setTheStage, until } from "./rehearse.ts";
import { killAtTask, rollBack } from "./story.ts";

const program = resolve("bin/mailferry.js");

/** What goes wrong before new is opened, and the way back once it was: nothing is lost, and old serves again. */
describe("the ways back", () => {
  let stage: Stage;
  let traffic: SenderProcess;

  beforeAll(async () => {
    // The DNS is changed by a command of the user's here, by TSIG in the other test.
    const command = `${process.execPath} ${resolve("test/e2e/change-dns.mjs")} {{dns_key_file}} {{dns_server}}`;
    const variables = { dns_method: "command", dns_command: command };
    stage = await setTheStage(labName("rollback"), variables, undefined, { isWithoutRootLogin: true });
    traffic = await stage.startTraffic();
    for (const name of ["preflight", "prepare", "hot-copy"]) await done(stage.rehearsal, name);
  });
  afterAll(async () => {
    await traffic?.kill();
    await stage?.close();
  });

  const preflightKnowing = async (knownHosts: string) => {
    const file = join(stage.rehearsal.directory, "known_hosts.other");
    writeFileSync(file, knownHosts);
    return ends(await stage.otherOperator(), "preflight", 2, "-e", `known_hosts_file=${file}`);
  };

  test("a host that shows another key than before stops the run", async () => {
    const { old, new: fresh } = stage.lab.hosts;
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJmZXJyeW1haWxmZXJyeW1haWxmZXJyeW1haWxm";
    const ran = await preflightKnowing(`${old.address} ${key}\n${fresh.address} ${key}\n`);
    expect(ran.stderr + ran.stdout).toMatch(/shows another host key than .*: ssh-ed25519 SHA256:/);
    expect(ran.stderr + ran.stdout).toContain("Stop: someone may stand between you and the host.");
  });

  test("a host that nobody knows stops the run, and says how to trust it", async () => {
    const ran = await preflightKnowing("");
    expect(ran.stderr + ran.stdout).toMatch(/shows a host key that is not known: ssh-\S+ SHA256:/);
    expect(ran.stderr + ran.stdout).toContain("ssh-keyscan");
  });

  test("a second operator is refused while the first one works", async () => {
    const { rehearsal } = stage;
    const first = rehearsal.stage("hot-copy");
    const held = async () =>
      (await stage.lab.hosts.new.exec(["cat", "/var/lib/mailferry/lock"])).exitCode === 0;
    await until(held);
    const other = await stage.otherOperator();
    const second = await other.stage("preflight");
    expect(second, second.stdout + second.stderr).toMatchObject({ exitCode: 4 });
    expect(second.stdout + second.stderr).toMatch(/locked by .* since/);
    const ran = await first;
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
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

  test("a pipe that says yes to everything confirms nothing, and Ctrl-C at the question ends it: nothing is touched", async () => {
    const { rehearsal, lab } = stage;
    const words = `run bullseye-to-trixie --stage cutover -i ${rehearsal.inventory}`;
    const piped = ["sh", "-c", `yes | exec "$@" ${words}`, "sh", process.execPath, program];
    const { exitCode, stderr } = await runCommand(lab.inNamespace(piped), { accept: "any" });
    expect(exitCode, stderr.toString()).toBe(4);

    const terminal = atTerminal(rehearsal, program, words);
    await terminal.see("Type its name to go on.");
    terminal.type(ctrlC);
    expect(await terminal.ended, terminal.screen()).toBe(130);
    expect((await rehearsal.readState()).latches).toEqual({});
    expect((await lab.hosts.old.exec(["systemctl", "is-active", "postfix"])).stdout.trim()).toBe("active");
  });

  test("a failure before the opening rolls back, and mail flows on old again", async () => {
    const { old, new: fresh } = stage.lab.hosts;
    await withoutRoom(stage, async () => {
      const ran = await ends(stage.rehearsal, "cutover", 1, "--on-failure", "rollback");
      // The copy right before the freeze had room enough: it is the frozen old that has to come back.
      expect(ran.stdout).toMatch(/What the copy came to.*old-frozen is set.*old-frozen is lifted/s);
    });

    for (const unit of ["postfix", "dovecot"]) {
      expect((await old.exec(["systemctl", "is-active", unit])).stdout.trim()).toBe("active");
      expect((await fresh.exec(["systemctl", "is-active", unit])).stdout.trim()).toBe("inactive");
    }
    expect((await old.run(["postconf", "-h", "master_service_disable"])).trim()).toBe("");
    expect((await old.exec(["ls", "/var/lib/mailferry/latches"])).stdout.trim()).toBe("old-frozen.lifted");
    const accepted = traffic.tally().accepted;
    await until(() => traffic.tally().accepted >= accepted + 20);
  });

  test("Ctrl-C in the freeze, twice, stops with old frozen, and the next command is named", async () => {
    const { rehearsal } = stage;
    const { inventory, answers } = rehearsal;
    const words = `run bullseye-to-trixie --stage cutover -i ${inventory} --answers ${answers} --on-failure stop`;
    const terminal = atTerminal(rehearsal, program, words);
    await terminal.see("Nobody listens for mail");
    terminal.type(ctrlC);
    await terminal.see("Finishing the task under way; Ctrl-C again stops at once.");
    terminal.type(ctrlC);
    expect(await terminal.ended, terminal.screen()).toBe(130);
    expect(terminal.screen()).toContain(`mailferry run bullseye-to-trixie -i ${inventory} --stage cutover`);
    const { latches, unfinishedStage } = await rehearsal.readState();
    expect(Object.keys(latches)).toEqual(["old-frozen"]);
    expect(unfinishedStage).toBe("cutover");
  });

  test("a reboot of old in the freeze starts nothing; a rollback by hand brings old back", async () => {
    const { rehearsal, lab } = stage;
    const { old } = lab.hosts;
    const units = async (question: string) =>
      (await old.exec(["systemctl", question, "postfix", "dovecot"])).stdout.trim().split("\n");
    expect(await units("is-active")).toEqual(["inactive", "inactive"]);

    await lab.reboot("old");
    expect(await units("is-enabled")).toEqual(["masked", "masked"]);
    expect(await units("is-active")).toEqual(["inactive", "inactive"]);
    expect((await rehearsal.readState()).latches["old-frozen"]).toBeDefined();

    await rollBack(rehearsal, "cutover");
    expect(await units("is-active")).toEqual(["active", "active"]);
    const accepted = traffic.tally().accepted;
    await until(() => traffic.tally().accepted >= accepted + 20);
  });

  test("a rollback of prepare opens new again", async () => {
    const { rehearsal, lab } = stage;
    await rollBack(rehearsal, "prepare");
    expect((await lab.hosts.new.exec(["systemctl", "is-active", "postfix"])).stdout.trim()).toBe("active");
  });

  test("the whole move still works afterwards, also when nobody reads any more what the cutover says", async () => {
    const { rehearsal } = stage;
    for (const name of ["prepare", "hot-copy"]) await done(rehearsal, name);
    const { inventory, answers } = rehearsal;
    const words = ["run", "bullseye-to-trixie", "--stage", "cutover", "-i", inventory, "--answers", answers];
    const child = rehearsal.start(words);
    // As `| head -n 1` does.
    child.stdout?.once("data", () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(Object.keys((await rehearsal.readState()).latches)).toContain("new-serving");
    const accepted = traffic.tally().accepted;
    await until(() => traffic.tally().accepted >= accepted + 20);
  });

  test("behind the opening a way back that was broken off is taken back, and new goes on", async () => {
    const { rehearsal } = stage;
    await killAtTask(rehearsal, "back", "Stop and mask Dovecot");
    await rollBack(rehearsal, "back");
    expect(Object.keys((await rehearsal.readState()).latches)).not.toContain("new-frozen");
    const accepted = traffic.tally().accepted;
    await until(() => traffic.tally().accepted >= accepted + 20);
  });

  test("a way back that nobody could switch the DNS back for stops nothing", async () => {
    // What the records were is kept by the controller that changed them.
    const other = await stage.otherOperator();
    const ran = await ends(other, "back", 1);
    expect(ran.stderr + ran.stdout).toContain("dns_back_records");
    expect(Object.keys((await other.readState()).latches)).not.toContain("new-frozen");
    const dovecot = await stage.lab.hosts.new.exec(["systemctl", "is-active", "dovecot"]);
    expect(dovecot.stdout.trim()).toBe("active");
  });

  test("behind the opening new's mail goes back to old, also when the controller is killed meanwhile", async () => {
    const { rehearsal, lab } = stage;
    const { old, new: fresh } = lab.hosts;
    const user = ["-u", "john@example.org"];
    await fresh.run(["doveadm", "mailbox", "create", "-s", ...user, "Made on new"]);
    await killAtTask(rehearsal, "back", "Dovecot on old does not write meanwhile");
    expect((await rehearsal.readState()).latches["new-frozen"]).toBeDefined();
    // It waits in new's queue, and is handed over in the end.
    await fresh.run(["sendmail", "john@example.org"], { stdin: "Subject: from the queue of new\n\nhello\n" });
    await ends(rehearsal, "hot-copy", 4);

    await done(rehearsal, "back");
    expect((await rehearsal.readState()).latches).toEqual({});
    for (const unit of ["postfix", "dovecot"]) {
      expect((await old.exec(["systemctl", "is-active", unit])).stdout.trim()).toBe("active");
      expect((await fresh.exec(["systemctl", "is-enabled", unit])).stdout.trim()).toBe("masked");
    }
    expect(await old.run(["doveadm", "mailbox", "list", "-s", ...user])).toContain("Made on new");
    await old.run(["doveadm", "mailbox", "unsubscribe", ...user, "Made on new"]);
    const search = ["doveadm", "search", ...user, "mailbox", "INBOX", "subject", "from the queue of new"];
    await until(async () => (await old.run(search)) !== "");
    const accepted = traffic.tally().accepted;
    await until(() => traffic.tally().accepted >= accepted + 20);
    await ends(rehearsal, "back", 4);
  });

  test("and another move after it", async () => {
    for (const name of ["hot-copy", "cutover"]) await done(stage.rehearsal, name);
  });

  test("nothing was lost or doubled on all these ways", async () => {
    await done(stage.rehearsal, "verify");
    expect(await account(stage, traffic)).toMatchObject({
      lost: [],
      doubled: [],
      stray: [],
      differences: [],
    });
  });

  test("a message that neither old's log nor its queue tells of any more is named", async () => {
    const line = "LOST123: from=<lost@example.com>, size=321, nrcpt=1 (queue active)";
    await stage.lab.hosts.old.run(["logger", "--id=1", "-t", "postfix/qmgr", "-p", "mail.info", line]);
    const ran = await ends(stage.rehearsal, "verify", 5);
    expect(ran.stdout + ran.stderr).toContain(
      "LOST123 from <lost@example.com>: unknown, neither removed nor in the queue",
    );
  });
});

// From the freeze on rsync and find end as they do on a full disk; rsync still says its version.
async function withoutRoom({ lab }: Stage, during: () => Promise<unknown>): Promise<void> {
  const { old, new: fresh } = lab.hosts;
  const script = `#!/bin/bash
case "$*" in *--version*) exec "$0.real" "$@" ;; esac
if (exec 3<>/dev/tcp/${old.address}/25) 2>/dev/null; then exec "$0.real" "$@"; fi
echo "$0: write failed: No space left on device (28)" >&2
exit 11
`;
  const programs = ["/usr/bin/rsync", "/usr/bin/find"];
  for (const program of programs) {
    await fresh.run(["sh", "-euc", 'mv "$1" "$1.real"; cat >"$1"; chmod 0755 "$1"', "sh", program], {
      stdin: script,
    });
  }
  try {
    await during();
  } finally {
    for (const program of programs) await fresh.run(["mv", `${program}.real`, program]);
  }
}
