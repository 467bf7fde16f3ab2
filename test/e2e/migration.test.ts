import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finish } from "../../src/lab/rehearsal/rehearsal.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { account } from "./account.ts";
import { inLab } from "./mail-client.ts";
import { done, ends, type Stage, setTheStage, treeHash } from "./rehearse.ts";

/** The whole migration on real hosts, with mail flowing, a killed controller, and every wrong turn on the way. */
describe("Bullseye to Trixie", () => {
  let stage: Stage;
  let traffic: SenderProcess;

  beforeAll(async () => {
    stage = await setTheStage("e2e-migration");
  });
  afterAll(async () => {
    await traffic?.kill();
    await stage?.close();
  });

  const unchanged = (output: string) => expect(output).not.toMatch(/^changed /m);
  const state = () =>
    JSON.parse(readFileSync(join(stateDirectory(stage), "state.json"), "utf8")) as {
      latches: Record<string, string>;
      downtimeSeconds?: number;
      unfinishedStage?: string;
    };

  test("check mode of every stage leaves both hosts as they were, byte for byte", async () => {
    const { old, new: fresh } = stage.lab.hosts;
    const before = [await treeHash(old), await treeHash(fresh)];
    for (const name of ["preflight", "prepare", "hot-copy"]) await done(stage.rehearsal, name, "--check");
    // Of the later stages check mode can say less: what they ask for is not there yet.
    for (const name of ["cutover", "verify", "finish"]) await stage.rehearsal.stage(name, ["--check"]);
    expect([await treeHash(old), await treeHash(fresh)]).toEqual(before);
  });

  test("a cutover before the copy is refused", async () => {
    await ends(stage.rehearsal, "cutover", 4);
  });

  test("preflight shows one table and finds nothing that stops", async () => {
    const output = await done(stage.rehearsal, "preflight");
    expect(output).toContain("ok       two different machines");
    expect(output).toContain("password schemes");
    expect(output).not.toMatch(/^\s*stop {5}/m);
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

  test("the hot copy can be run again and again", async () => {
    await done(stage.rehearsal, "hot-copy");
    const again = await done(stage.rehearsal, "hot-copy");
    // New mail keeps coming in, and the filter keeps counting it; all else stays as it is.
    const others = (again.match(/^changed .*$/gm) ?? []).filter(
      (line) => !/Mailboxes|filter learned/.test(line),
    );
    expect(others).toEqual([]);
  });

  test("a cutover that is killed in the middle goes on when it is run again", async () => {
    const { rehearsal } = stage;
    const child = rehearsal.start(cutover(rehearsal));
    const output: string[] = [];
    child.stdout?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    const ended = finish(child);
    await until(() => output.join("").includes("Stop and mask Dovecot on old"));
    await killTree(child.pid);
    await ended;
    expect(state().unfinishedStage).toBe("cutover");
    expect(state().latches["new-opened"]).toBeUndefined();

    const resumed = await done(rehearsal, "cutover");
    expect(resumed).toMatch(/resum|goes on|unfinished/i);
    expect(state().latches["new-opened"]).toBeDefined();
    expect(state().downtimeSeconds).toBeGreaterThan(0);
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

  test("verify proves it again, from the users' side too", async () => {
    await done(stage.rehearsal, "verify");
  });

  test("no mail that old or new accepted is lost, and none is doubled", async () => {
    const sums = await account(stage, traffic);
    expect(sums).toMatchObject({ lost: [], doubled: [], stray: [] });
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

function cutover({ inventory, answers }: Stage["rehearsal"]): string[] {
  return ["run", "bullseye-to-trixie", "-i", inventory, "--stage", "cutover", "--answers", answers];
}

function stateDirectory(stage: Stage): string {
  return join(stage.rehearsal.directory, ".mailferry", "inventory--bullseye-to-trixie");
}

// The child is the one that enters the network; Mailferry is what it became, under the same pid or below it.
async function killTree(pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error("the process never started");
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  for (const child of children === "" ? [] : children.split(" ")) await killTree(Number(child));
  process.kill(pid, "SIGKILL");
}

async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error("it did not happen in time");
    await sleep(100);
  }
}
