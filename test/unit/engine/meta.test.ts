import { beforeEach, describe, expect, test } from "vitest";
import { fakeHost, inventoryOf, makePlace, type Place, run } from "./run-playbook.ts";

const web = ["gamma", "delta", "epsilon", "zeta"];

let place: Place;
beforeEach(() => {
  place = makePlace(web);
  for (const name of ["alpha", "beta", ...web]) fakeHost(place, name).answer(["work"], "");
});

const play = (meta: string, words = "") => `- hosts: web
${words}  tasks:
    - { name: before, command: work, notify: told }
    - ${meta}
    - { name: after, command: work }
  handlers: [{ name: told, command: work }]
- hosts: web
  tasks: [{ name: later, command: work }]
`;

/** The hosts that a task ran on. */
const on = (tasks: readonly string[], name: string) =>
  tasks.filter((line) => line.split(": ")[1] === name).map((line) => line.split(": ")[0]);

describe("meta", () => {
  test("flush_handlers runs the handlers now, and for those hosts alone that `when` holds for", async () => {
    const ran = await run(place, play('{ meta: flush_handlers, when: inventory_hostname == "gamma" }'));
    const order = ran.tasks.map((line) => line.replace(/: changed$/, ""));
    expect(order.slice(4, 6)).toEqual(["gamma: told", "gamma: after"]);
    expect(order.indexOf("delta: told")).toBeGreaterThan(order.indexOf("zeta: after"));
  });

  test("end_host ends the play for a host without a failure; the next play has it again", async () => {
    const ran = await run(place, play('{ meta: end_host, when: inventory_hostname == "gamma" }'));
    expect(on(ran.tasks, "after")).toEqual(["delta", "epsilon", "zeta"]);
    expect(on(ran.tasks, "later")).toEqual(web);
    expect(ran.result).toMatchObject({ result: "done", failures: [] });
  });

  test("end_host leaves a block without its rescue and its always", async () => {
    const ran = await run(
      place,
      `- hosts: web
  tasks:
    - block: [{ meta: end_host }]
      rescue: [{ name: rescue, command: work }]
      always: [{ name: always, command: work }]
    - { name: after, command: work }
`,
    );
    expect(ran.tasks).toEqual([]);
    expect(ran.result.result).toBe("done");
  });

  test("end_play ends it for all, in every batch, by the first host's word", async () => {
    const ran = await run(
      place,
      play('{ meta: end_play, when: inventory_hostname == "gamma" }', "  serial: 2\n"),
    );
    expect(on(ran.tasks, "before")).toEqual(["gamma", "delta"]);
    expect(on(ran.tasks, "after")).toEqual([]);
    expect(on(ran.tasks, "later")).toEqual(web);
  });

  test("end_batch ends the batch alone", async () => {
    const ran = await run(
      place,
      play('{ meta: end_batch, when: inventory_hostname == "gamma" }', "  serial: 2\n"),
    );
    expect(on(ran.tasks, "after")).toEqual(["epsilon", "zeta"]);
  });

  test("clear_host_errors takes failed hosts back for the next play", async () => {
    fakeHost(place, "gamma").answer(["work"], { exitCode: 1 });
    const without = await run(place, play("{ meta: noop }"));
    expect(on(without.tasks, "later")).toEqual(["delta", "epsilon", "zeta"]);
    const ran = await run(place, play("{ meta: clear_host_errors }"));
    expect(on(ran.tasks, "after")).toEqual(["delta", "epsilon", "zeta"]);
    expect(on(ran.tasks, "later")).toEqual(web);
    // It fails again in the next play, and only that counts.
    expect(ran.result.failures).toHaveLength(1);
  });

  test("clear_host_errors takes back what an earlier play lost, and no failure behind it", async () => {
    fakeHost(place, "gamma").answer(["work"], { exitCode: 1 });
    fakeHost(place, "delta").answer(["break"], { exitCode: 1 });
    const cleared = `- hosts: web
  tasks: [{ name: before, command: work }]
- hosts: web
  tasks: [{ meta: clear_host_errors }]
- hosts: web
  tasks: [{ name: later, command: { cmd: "break", creates: /.keep } }]
`;
    const ran = await run(place, cleared);
    expect(on(ran.tasks, "later")).toEqual(web);
    expect(ran.result.result).toBe("done");
    const again = await run(place, `${cleared}- hosts: delta\n  tasks: [{ command: "break" }]\n`);
    expect(again.result.failures.map(({ host }) => host)).toEqual(["delta"]);
  });

  test("clear_host_errors does not make a failed stage of a migration a done one", async () => {
    fakeHost(place, "gamma").answer(["work"], { exitCode: 1 });
    const plays = play("{ meta: clear_host_errors }").replaceAll(/^/gm, "      ");
    const ran = await run(place, `stages:\n  - name: main\n    plays:\n${plays.trimEnd()}\n`);
    expect(on(ran.tasks, "later")).toEqual(web);
    expect(ran.result.result).toBe("failed");
  });

  test.each(["end_host", "end_play", "end_batch"])("%s leaves out what was notified", async (action) => {
    const ran = await run(place, play(`{ meta: ${action} }`));
    expect(on(ran.tasks, "told")).toEqual([]);
    const again = await run(place, play("{ meta: noop }").replace("notify: told", "tags: x"));
    expect(on(again.tasks, "told")).toEqual([]);
  });

  test("end_host keeps what an earlier run left behind when it failed", async () => {
    for (const name of web) fakeHost(place, name).answer(["break"], { exitCode: 1 });
    await run(place, play('{ command: "break" }'));
    await run(place, play("{ meta: end_host }").replace("notify: told", "tags: x"));
    const ran = await run(place, play("{ meta: noop }").replace("notify: told", "tags: x"));
    expect(on(ran.tasks, "told")).toEqual(web);
  });

  test("clear_facts is followed by new facts in the next play, whatever package_facts put back", async () => {
    fakeHost(place, "gamma").answer(["dpkg-query"], "");
    const ran = await run(
      place,
      `- hosts: gamma
  tasks: [{ meta: clear_facts }, { package_facts: {} }]
- hosts: gamma
  tasks: [{ name: asked, debug: { msg: "{{facts.hostname}}" } }]
`,
    );
    expect(ran.result.failures).toEqual([]);
  });

  test("clear_facts forgets what was found out", async () => {
    const ran = await run(
      place,
      `- hosts: web
  tasks:
    - { name: known, debug: { msg: "{{facts.hostname}}" } }
    - { meta: clear_facts, when: inventory_hostname == "gamma" }
    - { name: asked, debug: { msg: "{{facts.hostname}}" } }
`,
    );
    expect(ran.tasks.filter((line) => line.includes("asked: failed"))).toEqual(["gamma: asked: failed"]);
  });

  test("reset_connection connects anew", async () => {
    const ran = await run(
      place,
      `- hosts: web
  tasks:
    - { meta: reset_connection, when: inventory_hostname == "gamma" }
    - { name: after, command: work }
`,
    );
    const connected = ran.events.flatMap((event) => (event.type === "host-connected" ? [event.host] : []));
    expect(connected.filter((host) => host === "gamma")).toHaveLength(2);
    expect(connected.filter((host) => host === "delta")).toHaveLength(1);
  });

  test("refresh_inventory reads the inventory anew", async () => {
    let times = 0;
    const ran = await run(
      place,
      `- hosts: web
  tasks:
    - { meta: refresh_inventory }
    - { name: after, assert: { that: 'size(groups.web) == 1' } }
`,
      {
        reloadInventory: async () => {
          times++;
          const { file, hosts, groups } = inventoryOf(place);
          return { file, hosts, groups: new Map([...groups, ["web", ["gamma"]]]) };
        },
      },
    );
    expect(times).toBe(1);
    expect(on(ran.tasks, "after")).toEqual(web);
    expect(ran.result.result).toBe("done");
  });

  test("obeys tags", async () => {
    const ran = await run(
      place,
      `- hosts: web
  tasks:
    - { meta: end_play, tags: end }
    - { name: after, command: work, tags: go }
`,
      { tags: ["go"] },
    );
    expect(on(ran.tasks, "after")).toEqual(web);
  });

  test("a condition that can't be evaluated fails its host", async () => {
    const ran = await run(place, play("{ meta: noop, when: facts.nothing == 1 }"));
    expect(on(ran.tasks, "after")).toEqual([]);
    expect(ran.result).toMatchObject({ result: "failed" });
    expect(ran.result.failures).toHaveLength(4);
  });
});
