import { beforeEach, describe, expect, test } from "vitest";
import { waveOf } from "../../../src/contract/wave.ts";
import { readState } from "../../../src/engine/record.ts";
import { makePlace, type Place, run, silentPrompter } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
  // The fake hosts' `install` makes nothing.
  for (const name of ["a.example", "b.example", "a.example+b.example", "a.example+c.example"]) {
    for (const { tree } of [place.hosts.alpha, place.hosts.beta]) {
      tree.put(`/var/lib/mailferry/latches/${name}`, { type: "directory" });
    }
  }
});

const list = "/var/lib/mailferry/latches/waves.jsonl";

const migration = `name: example
moves_domains: true
stages:
  - name: copy
    plays: [{ hosts: new, gather_facts: false, tasks: [{ name: say, debug: { msg: "{{join wave_domains}}|{{join opened_domains}}" } }] }]
  - name: freeze
    confirm: "{{old_host}} stops now"
    plays: [{ hosts: old, gather_facts: false, tasks: [{ name: freeze, latch: { name: old-frozen } }] }]
    rollback: [{ hosts: old, gather_facts: false, tasks: [{ name: thaw, latch: { name: old-frozen, state: lifted } }] }]
  - name: open
    confirm: "{{old_host}} stops now"
    plays: [{ hosts: new, gather_facts: false, tasks: [{ name: open, latch: { name: new-opened, unproven: true } }] }]
  - name: back
    confirm: "{{new_host}} stops now"
    undoes: [copy, freeze, open]
    plays: [{ hosts: new, gather_facts: false, tasks: [{ name: freeze new, latch: { name: new-frozen } }, { name: merge, command: merge }] }]
    rollback: [{ hosts: new, gather_facts: false, tasks: [{ name: thaw new, latch: { name: new-frozen, state: lifted } }] }]
`;

const whole = migration.replace("moves_domains: true\n", "");

const agreeing = { ...silentPrompter, typed: async () => true };

const stage = (domains: readonly string[], name: string, more = {}) => {
  const wave = waveOf(domains);
  const stateDirectory = `${place.stateDirectory}/waves/${wave.name}`;
  return run(place, migration, { wave, stateDirectory, stage: name, prompter: agreeing, ...more });
};
const opened = async (...domains: string[]) => {
  for (const name of ["copy", "freeze", "open"]) {
    expect((await stage(domains, name)).result.failures).toEqual([]);
  }
};

/** A task on new as a playbook without stages has it. */
const touching = (task: string, more = {}) =>
  run(place, `- { hosts: new, gather_facts: false, tasks: [{ name: do it, ${task} }] }\n`, more);

describe("waves", () => {
  test("have latches and a state of their own, and both hosts know their domains", async () => {
    await opened("b.example", "a.example");
    const { alpha, beta } = place.hosts;
    for (const { tree } of [alpha, beta]) {
      expect(JSON.parse(tree.read(list)?.toString() ?? "")).toMatchObject({
        domains: ["a.example", "b.example"],
      });
    }
    const directory = "/var/lib/mailferry/latches/a.example+b.example";
    expect(alpha.tree.read(`${directory}/old-frozen`)).toBeDefined();
    expect(beta.tree.read(`${directory}/new-opened`)).toBeDefined();
    expect(beta.tree.read("/var/lib/mailferry/latches/new-opened")).toBeUndefined();
    expect(readState(`${place.stateDirectory}/waves/a.example+b.example`)).toMatchObject({
      domains: ["a.example", "b.example"],
      latches: { "new-opened": expect.any(String) },
    });
  });

  test("know which domains were opened before them", async () => {
    await opened("a.example");
    const { result, events } = await stage(["b.example"], "copy");
    expect(result.result).toBe("done");
    expect(JSON.stringify(events)).toContain("b.example|a.example");
  });

  test.each(["freeze", "open"])(
    "%s another wave's domain is refused, also without the other one's state",
    async (last) => {
      for (const name of last === "open" ? ["freeze", "open"] : ["freeze"]) await stage(["a.example"], name);
      const other = stage(["a.example", "b.example"], "copy");
      await expect(other).rejects.toThrow("a.example moves with another wave already: a.example");
    },
  );

  test("stand in their downtime one at a time", async () => {
    await stage(["a.example"], "freeze");
    await expect(stage(["b.example"], "copy")).rejects.toThrow("the wave of a.example is frozen since");
    await stage(["a.example"], "freeze", { rollback: true });
    expect((await stage(["b.example"], "copy")).result.result).toBe("done");
  });

  test("keep every other wave still while one goes back, also without its state", async () => {
    await opened("a.example");
    await opened("b.example");
    // The merge fails here: the way back is broken off.
    expect((await stage(["a.example"], "back")).result.result).toBe("failed");
    for (const name of ["copy", "freeze", "back"]) {
      await expect(stage(["b.example"], name)).rejects.toThrow(
        "the wave of a.example goes back to old since",
      );
    }
    await expect(stage(["a.example", "c.example"], "copy")).rejects.toThrow(
      "moves with another wave already",
    );
    await stage(["a.example"], "back", { rollback: true });
    expect((await stage(["b.example"], "copy")).result.result).toBe("done");
  });

  test("keep the whole server from moving, and a whole move keeps waves from it", async () => {
    const moveWhole = (name: string) => run(place, whole, { stage: name, prompter: agreeing });
    expect((await moveWhole("copy")).result.result).toBe("done");
    await stage(["a.example"], "freeze");
    await expect(moveWhole("copy")).rejects.toThrow("a.example went by itself already");
    await stage(["a.example"], "freeze", { rollback: true });
    await moveWhole("freeze");
    await expect(stage(["a.example"], "copy")).rejects.toThrow(
      "a move of the whole server is under way or done",
    );
  });

  test.each([
    ["a domain that is none", { domains: ["x.example\n/./ smtp:[evil]"] }],
    ["a domain that would end a query", { domains: ["a', 'b.example"] }],
    ["no domain", { domains: [] }],
    ["another name than the domains have", { name: "../waves" }],
    ["a root that is no absolute path", { roots: ["vmail"] }],
  ])("are told from a list that holds %s: a hostile host wrote that", async (_what, change) => {
    const line = { name: "a.example", domains: ["a.example"], roots: ["/var/vmail/a.example"], ...change };
    const named = "domains" in change ? { ...line, name: waveOf(change.domains).name } : line;
    place.hosts.alpha.tree.write(list, Buffer.from(`${JSON.stringify(named)}\n`), {});
    await expect(stage(["b.example"], "copy")).rejects.toThrow(`${list} can't be read`);
  });

  test("are told from a list that can't be read: that stops everything", async () => {
    place.hosts.beta.tree.write(list, Buffer.from("{}\n"), {});
    await expect(stage(["a.example"], "copy")).rejects.toThrow(`${list} can't be read`);
    await expect(run(place, whole, { stage: "copy" })).rejects.toThrow(`${list} can't be read`);
  });

  describe("that were opened", () => {
    const root = "/data/store/a.example";
    beforeEach(async () => {
      await opened("a.example", "c.example");
      const line = `${JSON.stringify({ name: "a.example+c.example", domains: ["a.example", "c.example"], roots: [root] })}\n`;
      const { tree } = place.hosts.beta;
      tree.write(list, Buffer.from(line), {});
      tree.put(root, { type: "directory" });
      tree.put(`${root}/john`, { content: Buffer.from("a mail") });
      tree.put("/data/store/b.example", { type: "directory" });
    });

    test.each([
      ["a file in it", `copy: { dest: ${root}/x, content: y }`],
      ["what comes to a domain that had no mailbox", "copy: { dest: /data/store/c.example, content: y }"],
      ["its removal", `file: { path: ${root}, state: absent }`],
      ["the removal of what holds it", "file: { path: /data/store, state: absent }"],
    ])("have mail that nothing touches, whoever asks: %s", async (_what, task) => {
      const before = place.hosts.beta.writes.length;
      for (const more of [{}, { wave: waveOf(["b.example"]) }, { checkMode: true }]) {
        const { result } = await touching(task, more);
        expect(result.failures.map(({ message }) => message)).toEqual([
          expect.stringContaining("was opened on new already"),
        ]);
      }
      expect(place.hosts.beta.writes.slice(before).filter(({ path }) => path.startsWith("/data"))).toEqual(
        [],
      );
    });

    test("leave the mail of the other domains to the next wave", async () => {
      const task = "copy: { dest: /data/store/b.example/x, content: y }";
      const { result } = await touching(task, { wave: waveOf(["b.example"]) });
      expect(result.result).toBe("done");
    });
  });

  test("never touch old's mail, even once new serves", async () => {
    place.hosts.alpha.tree.put("/var/vmail", { type: "directory" });
    const task =
      "- { hosts: old, gather_facts: false, tasks: [{ copy: { dest: /var/vmail/x, content: y } }] }\n";
    const { result } = await run(place, task, { wave: waveOf(["a.example"]) });
    expect(result.failures[0]?.message).toContain("a wave never touches mail there");
  });
});
