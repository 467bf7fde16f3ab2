import { beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import { Unreachable } from "../../../src/contract/errors.ts";
import type { LatchName } from "../../../src/contract/latch.ts";
import { changingModule, type ModuleRegistry, registered } from "../../../src/contract/module.ts";
import { readState } from "../../../src/engine/record.ts";
import type { RunRequest } from "../../../src/engine/request.ts";
import { mailMerge } from "../../../src/modules/mail-merge/mail-merge.ts";
import { moduleRegistry } from "../../../src/modules/registry.ts";
import { makePlace, type Place, requestFor, run, silentPrompter } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
  for (const host of Object.values(place.hosts)) {
    host.answer(["copy"], "");
    host.answer(["merge"], "");
    // The messages of each host, for the proof: one, and the same on both.
    host.answer(["sh", "-c"], (call) =>
      call.argv[2]?.includes("%P//%s")
        ? {
            stdout: "a/Maildir//1.x//cur//:2,S//3\0Z0\0",
            stderr:
              "mailferry: find ended with 0\nmailferry: sed ended with 0\nmailferry: sort ended with 0\n",
          }
        : undefined,
    );
  }
});

const latch = (name: LatchName, state = "set") =>
  `{ name: ${name} ${state}, latch: { name: ${name}, state: ${state} } }`;
const opened = '{ name: opened, latch: { name: new-opened, unproven: true }, when: "!latches.new_opened" }';
const merge = "{ name: merge, command: merge, when: latches.new_opened }";
const prove = "{ name: prove, mail_merge_proof: { from: beta, path: /var/vmail }, when: latches.new_opened }";

const whole = [
  latch("new-frozen"),
  merge,
  prove,
  latch("new-opened", "lifted"),
  latch("old-frozen", "lifted"),
  latch("new-frozen", "lifted"),
];

/** A migration whose way back has these tasks. */
const migration = (back: readonly string[] = whole) => `name: example
stages:
  - name: copy
    plays: [{ hosts: new, gather_facts: false, tasks: [{ name: copy, command: copy }] }]
  - name: cutover
    requires: [copy]
    plays: [{ hosts: new, gather_facts: false, tasks: [${latch("old-frozen")}, ${opened}, ${latch("new-serving")}] }]
    rollback: [{ hosts: old, gather_facts: false, tasks: [${latch("old-frozen", "lifted")}] }]
  - name: back
    confirm: "{{new_host}} stops now"
    undoes: [copy, cutover]
    plays: [{ hosts: old, gather_facts: false, tasks: [${back.join(", ")}] }]
    rollback: [{ hosts: new, gather_facts: false, tasks: [${latch("new-frozen", "lifted")}] }]
`;

const typing = (word: string) => ({
  ...silentPrompter,
  typed: async ({ expected }: { expected: string }) => word === expected,
});

const goBack = (yaml = migration(), more: Partial<RunRequest> = {}) =>
  run(place, yaml, { stage: "back", prompter: typing("beta"), ...more });

async function moved(): Promise<void> {
  await run(place, migration(), { stage: "copy" });
  expect((await run(place, migration(), { stage: "cutover" })).result.failures).toEqual([]);
}

/** A mail_merge that finds something to bring back, whatever is there. */
const merging = changingModule<{ from: string; path: string }, Change>({
  ...mailMerge,
  check: async ({ from, path }, host) => ({
    summary: `merge ${path}`,
    merges: { oldHost: host.name, newHost: from, root: path },
  }),
  apply: async () => ({}),
});
const mergingAll: ModuleRegistry = {
  names: moduleRegistry.names,
  load: async (name) => (name === "mail_merge" ? registered(merging) : moduleRegistry.load(name)),
};

const state = () => readState(place.stateDirectory);
const marksOn = (host: "alpha" | "beta") =>
  (["old-frozen", "new-opened", "new-serving", "new-frozen"] as const).filter(
    (name) => place.hosts[host].tree.read(`/var/lib/mailferry/latches/${name}`) !== undefined,
  );

describe("the way back behind the opening", () => {
  test("takes all latches off, and what led to the opening is not done any more", async () => {
    await moved();
    const ran = await goBack();
    expect(ran.result.failures).toEqual([]);
    expect(state()).toMatchObject({ latches: {}, downtimeSeconds: undefined, unfinishedStage: undefined });
    expect(state().stages.copy).toEqual({ rolledBackAt: expect.any(String) });
    expect(state().stages.cutover).toEqual({ rolledBackAt: expect.any(String) });
    expect([...marksOn("alpha"), ...marksOn("beta")]).toEqual([]);
  });

  test("and another move after it", async () => {
    await moved();
    await goBack();
    await expect(run(place, migration(), { stage: "cutover" })).rejects.toThrow("needs stage copy first");
    await moved();
    expect(state().latches["new-serving"]).toBeDefined();
  });

  test("only where new was opened, and only when its name is typed", async () => {
    await run(place, migration(), { stage: "copy" });
    await expect(goBack()).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("not open"),
    });
    await moved();
    await expect(goBack(migration(), { prompter: typing("alpha") })).rejects.toThrow("not confirmed");
    expect(state().latches["new-frozen"]).toBeUndefined();
  });

  test("whole or not at all, whatever it asks", async () => {
    await moved();
    const { playbook } = await requestFor(place, migration());
    const stages = playbook.stages.map((stage) => ({ ...stage, confirm: undefined, rollback: [] }));
    const cut = goBack(migration(), { playbook: { ...playbook, stages }, skipTags: ["x"] });
    await expect(cut).rejects.toThrow("runs whole or not at all");
  });

  test("once begun, nothing else is done before it is done, by another controller neither", async () => {
    await moved();
    await goBack(migration([latch("new-frozen"), "{ fail: { msg: power cut } }"]));
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    for (const more of [{}, elsewhere]) {
      const forward = run(place, migration(), { stage: "copy", ...more });
      await expect(forward).rejects.toMatchObject({
        kind: "refused",
        next: expect.stringContaining("--stage back"),
      });
      const other = run(place, migration(), { stage: "cutover", rollback: true, ...more });
      await expect(other).rejects.toMatchObject({ kind: "refused" });
    }
    expect((await goBack(migration(), elsewhere)).result.failures).toEqual([]);
  });

  test.each([
    ["", undefined],
    [" and whose clock is ahead", "2999-01-01T00:00:00.000Z"],
  ])("is known to a controller that knew only of the opening%s", async (_whose, setAt) => {
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    if (setAt !== undefined) {
      place.hosts.alpha.tree.write("/var/lib/mailferry/latches/old-frozen", Buffer.from(setAt), {});
      place.hosts.beta.tree.write("/var/lib/mailferry/latches/new-opened", Buffer.from(setAt), {});
    }
    await moved();
    await run(place, migration(), { stage: "copy", ...elsewhere });
    await goBack();
    // Refused, and yet it has looked at the marks.
    await expect(goBack(migration(), elsewhere)).rejects.toThrow("not open");
    expect(readState(elsewhere.stateDirectory).latches).toEqual({});
    expect([...marksOn("alpha"), ...marksOn("beta")]).toEqual([]);
    await moved();
    expect(state().latches["new-opened"]).toMatch(/^20/);
  });

  test("leaves nothing done that led to the opening, from its turning point on and whoever turned", async () => {
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    await moved();
    await run(place, migration(), { stage: "copy", ...elsewhere });
    await run(place, migration(), { stage: "cutover", ...elsewhere });
    await goBack(migration([...whole, "{ name: cut, fail: { msg: disk full } }"]));
    expect(state()).toMatchObject({ latches: {}, stages: { copy: { rolledBackAt: expect.any(String) } } });
    for (const more of [{}, elsewhere])
      await expect(run(place, migration(), { stage: "cutover", ...more })).rejects.toThrow(
        "needs stage copy",
      );
    // It comes to its end all the same.
    const froze = "{ name: freeze, latch: { name: new-frozen }, when: latches.new_opened }";
    const again = await goBack(migration([froze, ...whole.slice(1)]));
    expect(again.result.failures).toEqual([]);
    expect(state().stages.back?.doneAt).toBeDefined();
  });

  test("is asked for again where another controller let new serve again", async () => {
    await moved();
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    const stopping = new AbortController();
    place.hosts.alpha.answer(["merge"], () => {
      stopping.abort();
      return "";
    });
    await goBack(migration(), { stopping: stopping.signal });
    expect(state().unfinishedStage).toBe("back");
    await run(place, migration(), { stage: "back", rollback: true, ...elsewhere });
    await expect(goBack(migration(), { prompter: silentPrompter })).rejects.toThrow("nobody to ask");
  });

  test("is known to a controller that knew only of the freeze, when a rollback thawed old", async () => {
    const elsewhere = { stateDirectory: `${place.stateDirectory}-elsewhere` };
    await run(place, migration(), { stage: "copy" });
    const frozen = migration().replace(opened, "{ fail: { msg: disk full } }");
    await run(place, frozen, { stage: "cutover" });
    await run(place, frozen, { stage: "copy", ...elsewhere });
    expect(readState(elsewhere.stateDirectory).latches["old-frozen"]).toBeDefined();
    await run(place, frozen, { stage: "cutover", rollback: true });
    await run(place, frozen, { stage: "copy", ...elsewhere });
    expect(readState(elsewhere.stateDirectory).latches).toEqual({});
    expect(marksOn("alpha")).toEqual([]);
  });

  test("goes on behind its turning point without merging again", async () => {
    await moved();
    const cut = [...whole.slice(0, 4), "{ name: cut, fail: { msg: power cut } }"];
    await goBack(migration(cut), { onFailure: "rollback" });
    expect(state().latches).toEqual({ "old-frozen": expect.any(String), "new-frozen": expect.any(String) });
    const ran = await goBack();
    expect(ran.tasks).toEqual([
      ...["new-frozen set: ok", "merge: skipped", "prove: skipped", "new-opened lifted: ok"].map(
        (t) => `alpha: ${t}`,
      ),
      ...["old-frozen lifted: changed", "new-frozen lifted: changed"].map((t) => `alpha: ${t}`),
    ]);
    expect(state().latches).toEqual({});
  });

  test("can be taken back before its turning point, and not behind it", async () => {
    await moved();
    await goBack(migration([latch("new-frozen"), "{ fail: { msg: disk full } }"]));
    expect((await run(place, migration(), { stage: "back", rollback: true })).result.failures).toEqual([]);
    expect(Object.keys(state().latches).sort()).toEqual(["new-opened", "new-serving", "old-frozen"]);
    await goBack(migration([...whole.slice(0, 4), "{ fail: { msg: power cut } }"]));
    const late = run(place, migration(), { stage: "back", rollback: true });
    await expect(late).rejects.toMatchObject({
      kind: "refused",
      next: expect.stringContaining("--stage copy"),
    });
  });

  test.each<[string, readonly string[], string]>([
    ["with no proof", [latch("new-frozen"), latch("new-opened", "lifted")], "no proof of this run"],
    [
      "with a proof from before new was frozen",
      [prove, latch("new-frozen"), latch("new-opened", "lifted")],
      "no proof of this run",
    ],
    ["with new running", [prove, latch("new-opened", "lifted")], "no proof of this run"],
    [
      "by way of old",
      [latch("new-frozen"), prove, latch("old-frozen", "lifted")],
      "old-frozen can't be lifted",
    ],
    [
      "and new set free, while old is dark",
      [...whole.slice(0, 4), latch("new-frozen", "lifted")],
      "does not serve yet",
    ],
  ])("never turns %s", async (_what, tasks, message) => {
    await moved();
    const ran = await goBack(migration(tasks));
    expect(ran.result.failures[0]).toMatchObject({
      kind: "refused",
      message: expect.stringContaining(message),
    });
    expect(state().latches["old-frozen"]).toBeDefined();
  });

  test.each([
    ["turns", "/var/vmail", []],
    ["turns", "/var", []],
    ["never turns", "/var/vmail/one", ["/var/vmail of beta"]],
    ["never turns", "/var/vm", ["/var/vmail of beta"]],
  ])("%s when /var/vmail was merged and %s is proven", async (_turns, proven, lacking) => {
    await moved();
    const bring = "{ name: bring, mail_merge: { from: beta, path: /var/vmail, owner: v, group: v } }";
    const tasks = [latch("new-frozen"), bring, prove.replace("/var/vmail", proven), ...whole.slice(3)];
    const ran = await goBack(migration(tasks), { modules: mergingAll });
    const told = ran.result.failures.map(({ message }) => /\((.*)\)$/.exec(message)?.[1]);
    expect(told).toEqual(lacking);
    expect(state().latches["new-opened"] === undefined).toBe(lacking.length === 0);
  });

  test("wants a proof of what was merged also when the link is lost between its two marks", async () => {
    await moved();
    const bring = "{ name: bring, mail_merge: { from: beta, path: /var/vmail, owner: v, group: v } }";
    let isAway = true;
    place.hosts.beta.answer(["rm"], ({ argv }) =>
      isAway && argv.at(-1)?.endsWith("/new-opened") ? new Unreachable("beta is away") : undefined,
    );
    await goBack(migration([latch("new-frozen"), bring, prove, ...whole.slice(3)]), { modules: mergingAll });
    expect(marksOn("beta")).toEqual(["new-opened", "new-frozen"]);
    isAway = false;
    // There is nothing left to merge.
    const other = prove.replace("/var/vmail", "/var/other");
    const ran = await goBack(migration([latch("new-frozen"), other, ...whole.slice(3)]));
    expect(ran.result.failures.at(-1)?.message).toContain("(/var/vmail of beta)");
  });

  test("keeps every other writer out of old's mail meanwhile", async () => {
    await moved();
    const write = "{ name: write, copy: { dest: /var/vmail/x, content: y } }";
    const ran = await goBack(migration([latch("new-frozen"), write]));
    expect(ran.result.failures[0]).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("only the merge writes there"),
    });
  });
});
