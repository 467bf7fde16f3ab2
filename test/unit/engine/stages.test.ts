import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { OutcomeUnknown, Unreachable } from "../../../src/contract/errors.ts";
import { readState } from "../../../src/engine/record.ts";
import { FakeHost } from "../../../src/modules/testing/fake-host.ts";
import { lockAnswer, makePlace, type Place, run, silentPrompter } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});

const migration = `name: example
stages:
  - name: prepare
    plays: [{ hosts: new, tasks: [{ name: get ready, command: ready }] }]
  - name: cutover
    requires: [{ stage: prepare, within: 1h }]
    confirm: "{{old_host}} stops now"
    plays:
      - hosts: old
        tasks:
          - { name: freeze, latch: { name: old-frozen, state: set }, when: "!latches.new_opened" }
          - { name: copy, command: copy, when: "!latches.new_opened" }
      - hosts: new
        tasks:
          - { name: open, latch: { name: new-opened, unproven: true } }
          - { name: serve, latch: { name: new-serving, state: set } }
    rollback:
      - hosts: old
        tasks: [{ name: thaw, latch: { name: old-frozen, state: lifted } }]
`;

/** The same with a way back from `prepare`. */
const reversible = migration.replace(
  "  - name: cutover",
  "    rollback: [{ hosts: new, tasks: [{ name: reopen, command: reopen }] }]\n  - name: cutover",
);

const answering = (typed: string, selected = "stop") => ({
  ...silentPrompter,
  typed: async ({ expected }: { expected: string }) => typed === expected,
  select: async () => selected,
});

async function prepared(): Promise<void> {
  for (const host of Object.values(place.hosts)) {
    host.answer(["ready"], "");
    host.answer(["copy"], "");
  }
  await run(place, migration, { stage: "prepare" });
}

describe("stages", () => {
  test("wait for those they require", async () => {
    await expect(run(place, migration, { stage: "cutover" })).rejects.toMatchObject({
      kind: "refused",
      next: "Run it: --stage prepare",
    });
  });

  test("that stop servers run whole or not at all", async () => {
    await prepared();
    for (const part of [{ limit: "new" }, { tags: ["x"] }]) {
      const cut = run(place, migration, { stage: "cutover", prompter: answering("alpha"), ...part });
      await expect(cut).rejects.toThrow("runs whole or not at all");
    }
    expect(readState(place.stateDirectory).latches).toEqual({});
  });

  test("put a latch's mark back on a host that lacks it", async () => {
    await prepared();
    await run(place, migration, { stage: "cutover", prompter: answering("alpha") });
    place.hosts.beta.tree.entries.delete("/var/lib/mailferry/latches/new-opened");
    await run(place, migration, { stage: "prepare" });
    expect(place.hosts.beta.tree.read("/var/lib/mailferry/latches/new-opened")).toBeDefined();
  });

  test("go on after the opening without the state of the controller that opened", async () => {
    await prepared();
    await run(place, migration, { stage: "cutover", prompter: answering("alpha") });
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    expect((await run(place, migration, { stage: "cutover", ...elsewhere })).result.result).toBe("done");
  });

  test("never open new while old was not frozen", async () => {
    const yaml =
      "name: x\nstages: [{ name: main, plays: [{ hosts: new, tasks: [{ latch: { name: new-opened } }] }] }]\n";
    const ran = await run(place, yaml);
    expect(ran.result.failures[0]).toMatchObject({ kind: "refused" });
    expect(readState(place.stateDirectory).latches).toEqual({});
  });

  test("that ran in part only are not done", async () => {
    place.hosts.beta.answer(["ready"], "");
    const ran = await run(place, migration, { stage: "prepare", limit: "new" });
    expect(ran.result.result).toBe("done");
    expect(readState(place.stateDirectory)).toMatchObject({
      stages: { prepare: {} },
      unfinishedStage: undefined,
    });
    await expect(run(place, migration, { stage: "cutover" })).rejects.toThrow("needs stage prepare first");
  });

  test("ask for the typed confirmation, and a wrong one touches nothing", async () => {
    await prepared();
    const wrong = run(place, migration, { stage: "cutover", prompter: answering("yes") });
    await expect(wrong).rejects.toThrow("not confirmed");
    expect(readState(place.stateDirectory).latches).toEqual({});
    expect(place.hosts.alpha.changesRun()).not.toContain("copy");
  });

  test("set the latches on controller and hosts, measure the downtime, and skip the copy afterwards", async () => {
    await prepared();
    const ran = await run(place, migration, { stage: "cutover", prompter: answering("alpha") });
    expect(ran.tasks).toEqual([
      "alpha: freeze: changed",
      "alpha: copy: changed",
      "beta: open: changed",
      "beta: serve: changed",
    ]);
    expect(ran.events.find((event) => event.type === "downtime")).toMatchObject({
      seconds: expect.any(Number),
    });
    expect(place.hosts.beta.tree.read("/var/lib/mailferry/latches/new-opened")).toBeDefined();
    expect(place.hosts.alpha.tree.read("/var/lib/mailferry/latches/old-frozen")).toBeDefined();

    const again = await run(place, migration, { stage: "cutover", prompter: answering("alpha") });
    expect(again.tasks).toEqual([
      "alpha: freeze: skipped",
      "alpha: copy: skipped",
      "beta: open: ok",
      "beta: serve: ok",
    ]);
  });

  test("roll back what failed before new was opened, when told so", async () => {
    await prepared();
    place.hosts.alpha.answer(["copy"], { exitCode: 1 });
    const ran = await run(place, migration, {
      stage: "cutover",
      prompter: answering("alpha"),
      onFailure: "rollback",
    });
    expect(ran.tasks).toEqual(["alpha: freeze: changed", "alpha: copy: failed", "alpha: thaw: changed"]);
    expect(ran.result.result).toBe("failed");
    expect(readState(place.stateDirectory)).toMatchObject({ latches: {}, unfinishedStage: undefined });
    expect(place.hosts.alpha.tree.read("/var/lib/mailferry/latches/old-frozen")).toBeUndefined();
  });

  test("are tried again when the person says so", async () => {
    await prepared();
    let tries = 0;
    place.hosts.alpha.answer(["copy"], () => (++tries === 1 ? { exitCode: 1 } : ""));
    const ran = await run(place, migration, { stage: "cutover", prompter: answering("alpha", "retry") });
    expect(ran.result.result).toBe("done");
    expect(tries).toBe(2);
  });

  test("a rollback is refused once new was opened, also by another controller that never saw it", async () => {
    await prepared();
    await run(place, migration, { stage: "cutover", prompter: answering("alpha") });
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    for (const more of [{}, elsewhere]) {
      const refused = run(place, migration, { stage: "cutover", rollback: true, ...more });
      await expect(refused).rejects.toThrow("rollback is refused");
    }
  });

  test.each([
    ["", reversible],
    [
      ", whose role is told which latch",
      reversible.replace("name: old-frozen, state: lifted", 'name: "{{which}}", state: lifted'),
    ],
  ])("go back in their order: while old is frozen, what froze it first%s", async (_whose, yaml) => {
    await prepared();
    const reversible = yaml.replace("name: example", "name: example\nvars: { which: old-frozen }");
    place.hosts.alpha.answer(["copy"], { exitCode: 1 });
    place.hosts.beta.answer(["reopen"], "");
    await run(place, reversible, { stage: "cutover", prompter: answering("alpha") });
    const early = run(place, reversible, { stage: "prepare", rollback: true });
    await expect(early).rejects.toMatchObject({ kind: "refused", next: expect.stringContaining("cutover") });
    expect(place.hosts.beta.changesRun()).not.toContain("reopen");
    await run(place, reversible, { stage: "cutover", rollback: true });
    const back = await run(place, reversible, { stage: "prepare", rollback: true });
    expect(back.tasks).toEqual(["beta: reopen: changed"]);
  });

  test("go on where a killed controller stopped, without asking again", async () => {
    await prepared();
    place.hosts.alpha.answer(["copy"], () => {
      throw new DOMException("killed", "AbortError");
    });
    const stopping = new AbortController();
    place.hosts.alpha.answer(["copy"], () => {
      stopping.abort();
      return "";
    });
    const cut = await run(place, migration, {
      stage: "cutover",
      prompter: answering("alpha"),
      stopping: stopping.signal,
    });
    expect(cut.result.result).toBe("interrupted");
    expect(readState(place.stateDirectory).unfinishedStage).toBe("cutover");

    const resumed = await run(place, migration, { stage: "cutover" });
    expect(resumed.result.result).toBe("done");
    expect(resumed.events[0]).toMatchObject({ type: "run-started", resumed: true });
  });

  test("ask again, and are not resumed, where another controller brought old back meanwhile", async () => {
    await prepared();
    const stopping = new AbortController();
    place.hosts.alpha.answer(["copy"], () => {
      stopping.abort();
      return "";
    });
    const more = { stage: "cutover", prompter: answering("alpha") };
    await run(place, migration, { ...more, stopping: stopping.signal });
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    await run(place, migration, { stage: "cutover", rollback: true, ...elsewhere });
    const resumed = run(place, migration, { ...more, resume: true });
    await expect(resumed).rejects.toThrow("stage cutover was rolled back");
    await expect(run(place, migration, { stage: "cutover" })).rejects.toThrow("nobody to ask");
    expect(readState(place.stateDirectory)).toMatchObject({ latches: {}, unfinishedStage: undefined });
  });

  test("a rollback that was broken off is not taken for a cutover to go on with", async () => {
    await prepared();
    place.hosts.alpha.answer(["copy"], { exitCode: 1 });
    await run(place, migration, { stage: "cutover", prompter: answering("alpha") });
    const stopping = AbortSignal.abort();
    const cut = await run(place, migration, { stage: "cutover", rollback: true, stopping });
    expect(cut.result.result).toBe("interrupted");
    expect(readState(place.stateDirectory)).toMatchObject({
      unfinishedStage: undefined,
      unfinishedRollback: "cutover",
    });
    await expect(run(place, migration, { stage: "cutover" })).rejects.toThrow("nobody to ask");
  });

  test("a stage that failed after it was done once is done no more", async () => {
    await prepared();
    place.hosts.beta.answer(["ready"], { exitCode: 1 });
    await run(place, migration, { stage: "prepare" });
    const cutover = run(place, migration, { stage: "cutover", prompter: answering("alpha") });
    await expect(cutover).rejects.toThrow("needs stage prepare first");
  });

  test("broken off at once are interrupted, not failed", async () => {
    await prepared();
    const aborting = new AbortController();
    place.hosts.alpha.answer(["copy"], () => {
      aborting.abort();
      return new DOMException("aborted", "AbortError");
    });
    const cut = await run(place, migration, {
      stage: "cutover",
      prompter: answering("alpha"),
      onFailure: "rollback",
      signal: aborting.signal,
    });
    expect(cut.result.result).toBe("interrupted");
    expect(readState(place.stateDirectory)).toMatchObject({ unfinishedStage: "cutover" });
  });

  test("know nothing as opened that no host bears, when the link to new is lost in that moment", async () => {
    await prepared();
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    const { beta } = place.hosts;
    let isAway = true;
    beta.answer(["install"], ({ argv }) =>
      isAway && argv.at(-1)?.endsWith("/latches") ? new Unreachable("beta is away") : undefined,
    );
    await run(place, migration, { stage: "cutover", prompter: answering("alpha"), onFailure: "stop" });
    isAway = false;
    // Whoever does not have this journal brings old back: there users go on from here.
    await run(place, migration, { stage: "cutover", rollback: true, ...elsewhere });
    await run(place, migration, { stage: "prepare" });
    expect(readState(place.stateDirectory).latches).toEqual({});
    expect(beta.tree.read("/var/lib/mailferry/latches/new-opened")).toBeUndefined();
  });

  test("know of a freeze whose end nobody saw, since the link was lost behind it", async () => {
    await prepared();
    const { alpha } = place.hosts;
    let isLost = false;
    alpha.answer(["sync"], ({ argv }) => {
      if (isLost || !argv.at(-1)?.endsWith("/old-frozen")) return undefined;
      isLost = true;
      return new OutcomeUnknown("the link to alpha was lost");
    });
    const seen = "{ name: see, debug: { msg: see }, when: latches.old_frozen }";
    const tasks = migration.replace(
      "{ name: copy, command: copy,",
      `${seen}\n          - { name: copy, command: copy,`,
    );
    const { tasks: done } = await run(place, tasks, { stage: "cutover", prompter: answering("alpha") });
    expect(isLost).toBe(true);
    expect(done).toContain("alpha: freeze: changed");
    expect(done).toContain("alpha: see: ok");
  });

  test("hold a lock on both hosts, and give it back", async () => {
    await prepared();
    for (const host of [place.hosts.alpha, place.hosts.beta]) {
      expect(host.tree.read("/var/lib/mailferry/lock")).toBeUndefined();
      host.tree.write(
        "/var/lib/mailferry/lock",
        Buffer.from(
          JSON.stringify({ user: "eve", hostname: "there", machineId: "other", pid: 1, since: "noon" }),
        ),
        {},
      );
    }
    const second = run(place, migration, { stage: "prepare" });
    await expect(second).rejects.toMatchObject({
      kind: "refused",
      next: expect.stringContaining("--break-lock"),
    });
    await expect(run(place, migration, { stage: "prepare" })).rejects.toThrow("eve on there");
    const broken = await run(place, migration, { stage: "prepare", breakLock: true });
    expect(broken.result.result).toBe("done");
  });

  test("say that they are done only when the locks are back: who is told so never comes again", async () => {
    const held: boolean[] = [];
    const isDone = () => readState(place.stateDirectory).stages.prepare?.doneAt !== undefined;
    place.hosts.beta.answer(["ready"], "");
    place.hosts.beta.answer(["sh", "-c"], (call, host) => {
      if (call.argv[2]?.includes("cmp -s")) held.push(isDone());
      return lockAnswer(call, host);
    });
    await run(place, migration, { stage: "prepare" });
    expect(held).toEqual([false]);
    expect(isDone()).toBe(true);
  });

  test("are not done when a lock can't be taken off: the same command takes it off", async () => {
    place.hosts.beta.answer(["ready"], "");
    let isAway = true;
    place.hosts.beta.answer(["sh", "-c"], (call) => {
      const comesBack = !isAway || !call.argv[2]?.includes("cmp -s");
      return comesBack ? undefined : new Unreachable("beta can't be reached any more", { host: "beta" });
    });
    const { result, events } = await run(place, migration, { stage: "prepare" });
    const told = "the lock /var/lib/mailferry/lock could not be taken off beta";
    expect(result).toMatchObject({ result: "failed", failures: [{ kind: "unreachable" }] });
    expect(events).toContainEqual(
      expect.objectContaining({ host: "beta", text: expect.stringContaining(told) }),
    );
    const { prepare } = readState(place.stateDirectory).stages;
    expect(prepare).toMatchObject({ failure: expect.stringContaining(told) });
    expect(prepare?.doneAt).toBeUndefined();
    isAway = false;
    // The process that held it is gone.
    forgetProcess(place.hosts.beta);
    expect((await run(place, migration, { stage: "prepare" })).result.result).toBe("done");
    expect(place.hosts.beta.tree.read("/var/lib/mailferry/lock")).toBeUndefined();
  });

  test("are not rolled back when a lock can't be taken off", async () => {
    await prepared();
    place.hosts.beta.answer(["sh", "-c"], (call) =>
      call.argv[2]?.includes("cmp -s") ? new Unreachable("beta is away") : undefined,
    );
    const rolled = await run(place, migration, { stage: "cutover", rollback: true });
    expect(rolled.result.result).toBe("failed");
    expect(readState(place.stateDirectory).unfinishedRollback).toBe("cutover");
  });

  test("leave no lock behind when the link is lost while one is taken, or taken off", async () => {
    for (const lost of ["/lock.XXX", "cmp -s"]) {
      const here = makePlace();
      let isLost = false;
      here.hosts.beta.answer(["ready"], "");
      here.hosts.beta.answer(["sh", "-c"], (call, host) => {
        if (isLost || !call.argv[2]?.includes(lost)) return undefined;
        isLost = true;
        lockAnswer(call, host);
        return new OutcomeUnknown("the link to beta was lost");
      });
      const ran = await run(here, migration, { stage: "prepare" }).catch((error: Error) => error.message);
      expect(ran).toMatchObject(
        lost === "cmp -s" ? { result: { result: "done" } } : expect.stringContaining("was lost"),
      );
      for (const host of [here.hosts.alpha, here.hosts.beta])
        expect(host.tree.read("/var/lib/mailferry/lock")).toBeUndefined();
    }
  });

  test("remember the names of the variables that they were begun with, and none of the values", async () => {
    place.hosts.beta.answer(["ready"], { exitCode: 1 });
    await run(place, migration, { stage: "prepare", extraVariables: { b: "deep-value", a: 1 } });
    const { prepare } = readState(place.stateDirectory).stages;
    expect(prepare).toMatchObject({ failedAt: expect.any(String), extraVariables: ["a", "b"] });
    expect(readFileSync(join(place.stateDirectory, "journal.jsonl"), "utf8")).not.toContain("deep-value");
  });

  test("of two names for one machine are refused, and nothing is locked", async () => {
    const twin = new FakeHost({ name: "beta", address: "192.0.2.9", facts: { machine_id: "alpha" } });
    const one = { ...place, hosts: { ...place.hosts, beta: twin } };
    await expect(run(one, migration, { stage: "prepare" })).rejects.toMatchObject({
      kind: "bad-input",
      message: "alpha and beta are one machine: both have the machine-id alpha",
      next: expect.stringContaining("systemd-machine-id-setup"),
    });
    expect([...place.hosts.alpha.commands, ...twin.commands]).toEqual([]);
  });

  test("check mode leaves no state behind", async () => {
    place.hosts.beta.answer(["ready"], "");
    await run(place, migration, { stage: "prepare", checkMode: true });
    expect(existsSync(place.stateDirectory)).toBe(false);
  });
});

/** The lock on a host is that of a process that is gone. */
function forgetProcess({ tree }: FakeHost): void {
  const held = JSON.parse(String(tree.read("/var/lib/mailferry/lock")));
  tree.write(
    "/var/lib/mailferry/lock",
    Buffer.from(`${JSON.stringify({ ...held, pid: 2 ** 22 + 1 })}\n`),
    {},
  );
}
