import { afterAll, beforeAll, expect, test } from "vitest";
import { finish, type Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { account } from "./account.ts";
import { hostState } from "./host-state.ts";
import { killTree } from "./kill-tree.ts";
import { done, ends, type Stage, until } from "./rehearse.ts";

/** What differs between the playbooks. */
export interface StorySetting {
  /** Boots the lab, fills it and makes the controller: `() => setTheStage(labName("part"), …)`. */
  readonly setStage: () => Promise<Stage>;
  /** What `verify` and `finish` say in check mode while nothing was moved yet. */
  readonly nothingMoved?: { readonly verify: RegExp; readonly finish: RegExp };
  /** What these stages print when all is well. */
  readonly says?: { readonly preflight: readonly RegExp[]; readonly verify: readonly RegExp[] };
  /** Units of both hosts that serve mail, and stand still in the freeze. */
  readonly services?: readonly string[];
  /** The task of the freeze at whose sight the controller is killed. */
  readonly killAt?: string;
  /** What happens while old is frozen, and the controller is dead. */
  readonly inFreeze?: (stage: Stage) => Promise<void>;
  /** Tasks of `hot-copy` that find something each time, since mail keeps coming in. */
  readonly growing?: RegExp;
  /** What became of each mail; waits until nothing is under way any more. */
  readonly account?: (stage: Stage, traffic: SenderProcess) => Promise<Sums>;
}

/** What became of all mail; the lists are empty when all is well. */
interface Sums {
  readonly accepted: number;
  readonly lost: readonly unknown[];
  readonly doubled: readonly unknown[];
  readonly stray: readonly unknown[];
  /** What a client would notice. */
  readonly differences: readonly unknown[];
}

/** Where a story is told. Its functions answer inside of tests only. */
export interface Story extends Required<StorySetting> {
  stage(): Stage;
  /** The sender, which delivers to whatever server the DNS names; the first call starts it. */
  traffic(): Promise<SenderProcess>;
}

const usual = {
  nothingMoved: { verify: /there is no ledger "ledger-old"/, finish: /^FAILED .*\n.*new-opened/m },
  says: { preflight: [], verify: [] },
  services: ["postfix", "dovecot"],
  killAt: "Stop and mask Dovecot",
  inFreeze: async () => {},
  growing: /Mailboxes|filter learned/,
  account,
};

/**
 * What every playbook has to live through on real hosts, with mail flowing, in the order of its stages. The functions
 * below are its parts, for a playbook that has tests of its own in between.
 */
export function tellWholeStory(setting: StorySetting): Story {
  const story = beginStory(setting);
  testCheckMode(story);
  testPreflight(story);
  testPrepare(story);
  testHotCopy(story);
  testRolledBackCutover(story);
  testKilledCutover(story);
  testVerify(story);
  testAccount(story);
  testFinish(story);
  return story;
}

/** Boots the lab before the tests of this `describe`, and takes it down behind them. */
export function beginStory(setting: StorySetting): Story {
  let booted: Stage | undefined;
  let traffic: Promise<SenderProcess> | undefined;
  beforeAll(async () => {
    booted = await setting.setStage();
  });
  afterAll(async () => {
    await (await traffic)?.kill();
    await booted?.close();
  });
  const stage = () => {
    if (booted === undefined) throw new Error("the lab was not booted");
    return booted;
  };
  return {
    ...usual,
    ...setting,
    stage,
    traffic: () => {
      traffic ??= stage().startTraffic();
      return traffic;
    },
  };
}

/** What a person begins with: both hosts are looked at. `own` is what only the operator can know. */
export function testInit(
  { stage }: Story,
  playbook: string,
  own: Readonly<Record<string, string>> = {},
): void {
  test(`init says that the playbook ${playbook} fits, and writes an inventory for it`, async () => {
    const { rehearsal, lab } = stage();
    const { old, new: fresh } = lab.hosts;
    const words = ["init", old.name, fresh.name, "-i", rehearsal.inventory, "-o", "found"];
    const looked = await rehearsal.mailferry(words);
    expect(looked, looked.stdout + looked.stderr).toMatchObject({ exitCode: 0 });
    expect(looked.stdout).toContain(`The playbook ${playbook} fits:`);
    const more = Object.entries(own).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const checked = await rehearsal.mailferry(["check", playbook, "-i", "found/inventory.yml", ...more]);
    expect(checked, checked.stdout + checked.stderr).toMatchObject({ exitCode: 0, stderr: "" });
  });
}

/** Behind `testPrepare`. */
export function testRolledBackPrepare({ stage, services }: Story): void {
  test("prepare can be taken back: new serves again, and is closed anew", async () => {
    const { rehearsal, lab } = stage();
    const states = async () => (await lab.hosts.new.exec(["systemctl", "is-active", ...services])).stdout;
    await rollBack(rehearsal, "prepare");
    expect((await states()).trim().split("\n")).toEqual(services.map(() => "active"));
    await done(rehearsal, "prepare");
    expect((await states()).trim().split("\n")).toEqual(services.map(() => "inactive"));
  });
}

export function testCheckMode({ stage, nothingMoved }: Story): void {
  test("check mode of every stage leaves both hosts as they were, byte for byte", async () => {
    const { rehearsal, lab } = stage();
    const states = () => Promise.all([hostState(lab.hosts.old), hostState(lab.hosts.new)]);
    const before = await states();
    for (const name of ["preflight", "prepare", "hot-copy", "cutover"]) {
      await done(rehearsal, name, "--check");
    }
    // There is nothing yet that these could look at, and they say so.
    expect((await ends(rehearsal, "verify", 1, "--check")).stdout).toMatch(nothingMoved.verify);
    expect((await ends(rehearsal, "finish", 1, "--check")).stdout).toMatch(nothingMoved.finish);
    expect(await states()).toEqual(before);
  });
}

export function testPreflight({ stage, says }: Story): void {
  test("preflight finds nothing that stops; twice is as good", async () => {
    const { rehearsal } = stage();
    for (const output of [await done(rehearsal, "preflight"), await done(rehearsal, "preflight")]) {
      expect(output).toContain("ok       two different machines");
      expect(output).not.toMatch(/^\s*stop {5}/m);
      for (const words of says.preflight) expect(output).toMatch(words);
      unchanged(output);
    }
  });
}

export function testPrepare({ stage, traffic, services }: Story): void {
  test("prepare closes new while mail flows; twice changes nothing", async () => {
    const { rehearsal, lab } = stage();
    await traffic();
    await done(rehearsal, "prepare");
    unchanged(await done(rehearsal, "prepare"));
    const { stdout } = await lab.hosts.new.exec(["systemctl", "is-active", ...services]);
    expect(stdout.trim().split("\n")).toEqual(services.map(() => "inactive"));
  });
}

export function testHotCopy({ stage, growing }: Story): void {
  test("the hot copy can be run again and again", async () => {
    const { rehearsal } = stage();
    await done(rehearsal, "hot-copy");
    const again = await done(rehearsal, "hot-copy");
    const others = (again.match(/^changed .*$/gm) ?? []).filter((line) => !growing.test(line));
    expect(others).toEqual([]);
  });
}

/** `more`: words of the command. */
export function testRolledBackCutover(story: Story, ...more: string[]): void {
  test("a cutover that is killed in the freeze can be rolled back, and old serves again", async () => {
    const { rehearsal, lab } = story.stage();
    await killedCutover(story, ...more);
    await rollBack(rehearsal, "cutover");
    expect((await rehearsal.readState()).latches).toEqual({});
    const { stdout } = await lab.hosts.old.exec(["systemctl", "is-active", ...story.services]);
    expect(stdout.trim().split("\n")).toEqual(story.services.map(() => "active"));
    const sender = await story.traffic();
    const { accepted } = sender.tally();
    await until(() => sender.tally().accepted >= accepted + 20);
  });
}

/** `more`: words of the command. */
export function testKilledCutover(story: Story, ...more: string[]): void {
  test("a cutover that is killed in the freeze goes on when it is run again; a third run changes nothing", async () => {
    const { rehearsal } = story.stage();
    await killedCutover(story, ...more);
    const output = await done(rehearsal, "cutover", ...more);
    expect(output).toMatch(/resum|goes on|unfinished/i);
    expect(output).toMatch(/^Downtime: .* \(from .* to .*; about .*, at most .* was expected\)$/m);
    const after = await rehearsal.readState();
    expect(after.latches["new-opened"]).toBeDefined();
    expect(after.downtimeSeconds).toBeGreaterThan(0);
    unchanged(await done(rehearsal, "cutover", ...more));
  });
}

/** `more`: words of the command, the second time. */
export function testVerify({ stage, says }: Story, ...more: string[]): void {
  test("verify proves it again; twice changes nothing", async () => {
    const { rehearsal } = stage();
    const output = await done(rehearsal, "verify");
    expect(output).toMatch(/^The downtime was .* \(expected: about .*, at most .*\)\.$/m);
    for (const words of says.verify) expect(output).toMatch(words);
    unchanged(await done(rehearsal, "verify", ...more));
  });
}

export function testAccount({ stage, traffic, account }: Story): void {
  test("no mail that old or new accepted is lost or doubled, and clients notice nothing", async () => {
    const sums = await account(stage(), await traffic());
    expect(sums).toMatchObject({ lost: [], doubled: [], stray: [], differences: [] });
    expect(sums.accepted).toBeGreaterThan(100);
  });
}

export function testFinish({ stage }: Story): void {
  test("finish takes the safety net down; twice changes nothing", async () => {
    await untilOldIsQuiet(stage().rehearsal);
    await done(stage().rehearsal, "finish");
    unchanged(await done(stage().rehearsal, "finish"));
  });

  test("nothing of Mailferry's way in is left on old", async () => {
    const { old, new: fresh } = stage().lab.hosts;
    // It is missing where nobody logs in as root, and Mailferry neither.
    const keyLine = ["grep", "-qs", "mailferry:", "/root/.ssh/authorized_keys"];
    expect((await old.exec(keyLine)).exitCode).not.toBe(0);
    for (const host of [old, fresh]) {
      expect((await host.exec(["ls", "/var/lib/mailferry/jobs"])).stdout.trim()).toBe("");
      expect((await host.exec(["cat", "/var/lib/mailferry/lock"])).exitCode).not.toBe(0);
    }
  });
}

/** Waits for as long as `finish` would refuse because mail came in on old a moment ago; check mode tells. */
export async function untilOldIsQuiet(rehearsal: Rehearsal): Promise<void> {
  await until(async () => {
    const { stdout } = await rehearsal.stage("finish", ["--check"]);
    return !stdout.includes("STOP: old is quiet");
  });
}

/** Expects that no task changed anything. */
export function unchanged(output: string): void {
  expect(output).not.toMatch(/^changed /m);
}

/** Runs a stage, and kills the controller when it tells of a task. */
export async function killAtTask(
  rehearsal: Rehearsal,
  stage: string,
  task: string,
  ...more: string[]
): Promise<void> {
  const { playbook, inventory, answers } = rehearsal;
  const child = rehearsal.start([
    ...["run", playbook, "-i", inventory],
    ...["--stage", stage, "--answers", answers],
    ...more,
  ]);
  const output: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const ended = finish(child);
  // One that ends by itself never comes to that task, and says why.
  await until(() => output.join("").includes(task) || child.exitCode !== null, 300_000);
  expect(output.join("")).toContain(task);
  killTree(child.pid);
  await ended;
}

/** Rolls a stage back and expects it to be done. */
export async function rollBack(rehearsal: Rehearsal, stage: string, ...more: string[]): Promise<void> {
  const { playbook, inventory } = rehearsal;
  const ran = await rehearsal.mailferry(["rollback", playbook, "-i", inventory, "--stage", stage, ...more]);
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
}

async function killedCutover({ stage, killAt, inFreeze }: Story, ...more: string[]): Promise<void> {
  const { rehearsal } = stage();
  await killAtTask(rehearsal, "cutover", killAt, ...more);
  const cutShort = await rehearsal.readState();
  expect(cutShort.unfinishedStage).toBe("cutover");
  expect(cutShort.latches["old-frozen"]).toBeDefined();
  expect(cutShort.latches["new-opened"]).toBeUndefined();
  await inFreeze(stage());
}
