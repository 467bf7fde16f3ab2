import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeOperator } from "../operator.ts";
import { inventoryText, makeWorkplace, playbookText, type Workplace } from "../testing/run-in-memory.ts";

let place: Workplace;
beforeEach(() => {
  place = makeWorkplace({ "inventory.yml": inventoryText, "move.yml": playbookText });
});
afterEach(() => place.remove());

const files = ["move.yml", "-i", "inventory.yml"];

/** Writes a journal, as runs before this one would have. */
function remember(...facts: readonly object[]): void {
  const directory = join(place.directory, ".mailferry", "inventory--move");
  mkdirSync(directory, { recursive: true });
  const at = new Date(Date.now() - 60_000).toISOString();
  const lines = facts.map((fact) => JSON.stringify({ at, run: "r", ...fact }));
  writeFileSync(join(directory, "journal.jsonl"), `${lines.join("\n")}\n`);
}

function started(stage: string): object {
  const inventory = join(place.directory, "inventory.yml");
  return { type: "stage-started", stage, playbook: join(place.directory, "move.yml"), inventory };
}

describe("run", () => {
  it("lists the stages when none is given and nobody is there to choose", async () => {
    const { exitCode, stdout, stderr } = await place.run(["run", ...files]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("--stage copy    Copy what is there.");
    expect(existsSync(join(place.directory, ".mailferry"))).toBe(false);
  });

  it("refuses a stage that is not there, and names those that are", async () => {
    const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "swich"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("copy, switch, finish");
  });

  it("refuses a tag that no task has", async () => {
    const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "switch", "-t", "og"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no task has the tag "og", did you mean `go`?');
  });

  it("refuses a tag to skip that no task has: what was meant to be left out would run", async () => {
    const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "switch", "--skip-tags", "og"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no task has the tag "og", did you mean `go`?');
  });

  it("refuses a name to start at that no task has, and proposes one that a task has", async () => {
    const words = ["--stage", "copy", "--start-at-task", "Say helo"];
    const { exitCode, stderr } = await place.run(["run", ...files, ...words]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no task of stage copy is named "Say helo", did you mean `Say hello`?');
    expect(existsSync(join(place.directory, ".mailferry"))).toBe(false);
  });

  it("refuses to ask before each task where nobody is to be asked", async () => {
    const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "copy", "--step"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("there is no terminal to ask at");
  });

  it("refuses forks that are no number", async () => {
    const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "copy", "-f", "0"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("a number from 1 is wanted");
  });

  it("lists the tasks that the tags leave, with their tags, and runs nothing", async () => {
    const { exitCode, stdout } = await place.run([
      "run",
      ...files,
      "--stage",
      "switch",
      "--list-tasks",
      "-t",
      "go",
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("stage: switch");
    expect(stdout).toContain("play #1 (old,new): Open    TAGS: []");
    expect(stdout).toContain("Go    TAGS: [go]");
    const without = await place.run([
      "run",
      ...files,
      "--stage",
      "switch",
      "--list-tasks",
      "--skip-tags",
      "go",
    ]);
    expect(without.stdout).not.toContain("Go ");
    expect(existsSync(join(place.directory, ".mailferry"))).toBe(false);
  });

  it("lists the hosts and the tags of every stage when none is named", async () => {
    const { exitCode, stdout } = await place.run([
      "run",
      ...files,
      "--list-hosts",
      "--list-tags",
      "-l",
      "old",
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("stage: finish");
    expect(stdout).toMatch(/Open .*\n {6}hosts \(1\):\n {8}mail-old.example.org\n {6}TASK TAGS: \[go\]/);
  });

  it("checks the playbook alone, without an inventory", async () => {
    expect((await place.run(["run", "move.yml", "--syntax-check"])).exitCode).toBe(0);
    place.write("move.yml", playbookText.replace("notify: Tell it", "notify: Tell"));
    const { exitCode, stderr } = await place.run(["run", "move.yml", "--syntax-check"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("unknown handler `Tell`");
  });

  it("wants an inventory for all else", async () => {
    const { exitCode, stderr } = await place.run(["run", "move.yml", "--stage", "copy"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("required option '-i, --inventory <file>' not specified");
  });

  it("refuses the state of another inventory", async () => {
    remember({ ...started("copy"), inventory: "/elsewhere/inventory.yml" });
    const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "copy"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("is the state of another inventory: /elsewhere/inventory.yml");
    expect(stderr).toContain("--state-dir");
  });

  it("refuses the state of a newer Mailferry", async () => {
    remember(started("copy"));
    place.write(".mailferry/inventory--move/state.json", '{"version": 2}');
    const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "copy"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("newer Mailferry (state version 2)");
  });

  it("reads the journal where state.json is damaged", async () => {
    remember(started("copy"), { type: "stage-done", stage: "copy" });
    place.write(".mailferry/inventory--move/state.json", "{");
    const { exitCode, stdout } = await place.run(["status", ...files, "--offline"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/copy +done /);
  });

  it("says what to do when the state can't be written", async () => {
    place.write("file", "");
    const { exitCode, stderr } = await place.run([
      "run",
      ...files,
      "--stage",
      "copy",
      "--state-dir",
      "file/state",
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("not a directory");
    expect(stderr).toContain("next: ");
  });
});

describe("rollback", () => {
  it("is refused when nothing that can be rolled back was begun", async () => {
    remember(started("copy"));
    const { exitCode, stderr } = await place.run(["rollback", ...files]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain("there is nothing to roll back");
  });
});

describe("status", () => {
  it("says where an untouched migration begins", async () => {
    const { exitCode, stdout } = await place.run(["status", ...files, "--offline"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`Migration inventory--move
Stages
  copy        not run yet
  switch      not run yet
  finish      not run yet
State
  latches     none
  lock        free

next: mailferry run move.yml -i inventory.yml --stage copy
      Copy what is there.
`);
    expect(existsSync(join(place.directory, ".mailferry"))).toBe(false);
  });

  it("shows a stage that was cut short, the latch, open links, and that it goes on", async () => {
    remember(
      started("copy"),
      { type: "stage-done", stage: "copy" },
      started("switch"),
      { type: "latch-set", latch: "old-frozen" },
      { type: "link-opened", source: "mail-old", target: "mail-new", directory: "/var/vmail" },
    );
    const { stdout } = await place.run(["status", ...files, "--offline"]);
    expect(stdout).toMatch(/^ {2}copy +done .* UTC \(1 min ago\)$/m);
    expect(stdout).toMatch(/^ {2}switch +cut short; begun /m);
    expect(stdout).toMatch(/^ {2}latches +old-frozen since /m);
    expect(stdout).toMatch(/^ {2}links +mail-old to mail-new/m);
    expect(stdout).toContain("next: mailferry run move.yml -i inventory.yml --stage switch\n");
  });

  it("shows the cause of a failure and both ways to go on", async () => {
    remember(started("copy"), { type: "stage-done", stage: "copy" }, started("switch"), {
      type: "stage-failed",
      stage: "switch",
      message: "the proof failed\nfor 3 users",
    });
    const { stdout } = await place.run(["status", ...files, "--offline"]);
    expect(stdout).toMatch(/^ {2}switch +FAILED .*: the proof failed$/m);
    expect(stdout).toContain("or:   mailferry rollback move.yml -i inventory.yml --stage switch\n");
  });

  it("names the last stage once more where all are done and a run was killed: its locks may be on the hosts", async () => {
    const stages = ["copy", "switch", "finish"];
    remember(...stages.flatMap((stage) => [started(stage), { type: "stage-done", stage }]));
    const all = await place.run(["status", ...files, "--offline"]);
    expect(all.stdout).toContain("next: nothing, every stage is done\n");
    const { machineId, hostname, user } = describeOperator({});
    const dead = { migration: "x", user, hostname, machineId, pid: 2 ** 22 + 1, startedTicks: "1" };
    const since = new Date().toISOString();
    place.write(".mailferry/inventory--move/lock.json", JSON.stringify({ ...dead, since }));
    const { stdout } = await place.run(["status", ...files, "--offline"]);
    expect(stdout).toContain("next: mailferry run move.yml -i inventory.yml --stage finish\n");
    expect(stdout).toContain("a run was killed");
  });
});
