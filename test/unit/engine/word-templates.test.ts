import { beforeEach, describe, expect, test } from "vitest";
import type { Become } from "../../../src/contract/connection.ts";
import type { BadInput } from "../../../src/contract/errors.ts";
import { connectTo, makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace(["w1", "w2", "w3"]);
  for (const host of place.web.values()) host.answer(["fail"], { exitCode: 1, stderr: "a secret" });
});

const play = (tasks: string, words = "") => `- hosts: web\n${words}  tasks:\n${tasks}`;

describe("a template for a word of a task", () => {
  test("is each host's own", async () => {
    const ran = await run(
      place,
      play(`    - { name: try, command: fail, ignore_errors: "{{cel 'inventory_hostname == \\"w1\\"'}}" }
    - { name: on, command: { cmd: "on", creates: /.keep } }
`),
    );
    expect(ran.tasks.filter((line) => line.includes(" on:"))).toEqual(["w1: on: ok"]);
    expect(ran.result.failures.map(({ host }) => host)).toEqual(["w2", "w3"]);
  });

  test("is the item's own in a loop; one failure that counts is enough", async () => {
    const one = (items: string) =>
      play(`    - { name: try, command: fail, loop: ${items}, ignore_errors: "{{item}}" }\n`);
    expect((await run(place, one("[true, true]"))).result.result).toBe("done");
    expect((await run(place, one("[true, false]"))).result.result).toBe("failed");
  });

  test("hides what no_log hides, and nothing else", async () => {
    const yaml = play(`    - { name: try, command: fail, no_log: "{{hides}}", ignore_errors: "{{tolerant}}" }
    - { name: items, command: fail, no_log: "{{item}}", loop: [true, false], when: inventory_hostname == "w1" }
`);
    const extraVariables = { hides: "true", tolerant: "true" };
    const ran = await run(place, yaml, { extraVariables });
    const telling = (one: typeof ran) =>
      one.events.filter((event) => JSON.stringify(event).includes("a secret"));
    expect(telling(ran).map((event) => "host" in event && event.host)).toEqual(["w1"]);
    const shown = await run(place, yaml, { extraVariables: { ...extraVariables, hides: "false" } });
    expect(telling(shown)).toHaveLength(4);
  });

  test("decides who becomes whom, and null leaves it to the inventory", async () => {
    const wishes: unknown[] = [];
    const ran = await run(
      place,
      play(
        `    - { name: one, command: { cmd: "on", creates: /.keep }, become: "{{rises}}", become_user: "{{item}}", loop: [anna, null] }
`,
        "  vars: { rises: true }\n",
      ),
      {
        connect: async (spec, ...more) => {
          const made = await connectTo(place)(spec, ...more);
          const as = (wish?: Become) => {
            if (spec.name === "w1" && wish !== undefined) wishes.push(wish.user);
            return made.as(wish);
          };
          return { ...made, as };
        },
      },
    );
    expect(ran.result.failures).toEqual([]);
    expect(wishes).toEqual(["anna", "root"]);
  });

  test("lets the first host decide what is one thing for all", async () => {
    const ran = await run(
      place,
      play(`    - { name: once, debug: { msg: x }, run_once: "{{cel 'inventory_hostname == \\"w1\\"'}}" }
    - { name: by one, debug: { msg: x }, throttle: "{{cel '1 + 0'}}" }
`),
    );
    expect(ran.tasks.filter((line) => line.includes("once"))).toEqual(["w1: once: ok"]);
    expect(ran.tasks.filter((line) => line.includes("by one"))).toHaveLength(3);
  });

  test("runs for real in check mode, or not", async () => {
    const yaml = play(`    - { name: look, command: look, check_mode: "{{not looks}}" }\n`);
    for (const host of place.web.values()) host.answer(["look"], "");
    await run(place, yaml, { checkMode: true, extraVariables: { looks: true } });
    await run(place, yaml, { checkMode: true, extraVariables: { looks: false } });
    expect(place.web.get("w1")?.changesRun()).toEqual(["look"]);
  });

  test("that gives no boolean fails its task, with its place", async () => {
    const ran = await run(
      place,
      play(`    - { name: bad, debug: { msg: x }, ignore_errors: "{{colour}}" }\n`),
    );
    expect(ran.result.failures).toHaveLength(3);
    expect((ran.result.failures[0] as BadInput).problems).toMatchObject([
      { message: '`{{colour}}` gives "w1-colour", which is neither true nor false', place: { line: 3 } },
    ]);
  });

  test("with an unknown name is found before the run", async () => {
    const yaml = play(
      `    - { debug: { msg: x }, become: "{{riser}}", throttle: "{{nummer}}" }\n`,
      `  serial: "{{sise}}"\n  no_log: "{{hidden}}"\n`,
    );
    await expect(run(place, yaml)).rejects.toMatchObject({
      problems: expect.arrayContaining(
        ["riser", "nummer", "sise", "hidden"].map((name) =>
          expect.objectContaining({ message: expect.stringContaining(name) }),
        ),
      ),
    });
  });
});

describe("a template for a word of a play", () => {
  const batches = (ran: Awaited<ReturnType<typeof run>>) =>
    ran.events.flatMap((event) => (event.type === "play-started" ? [event.hosts.length] : []));

  test.each([
    ["2", [2, 1]],
    ["34%", [1, 1, 1]],
    [
      [1, 2],
      [1, 2],
    ],
  ])("serial may be %j", async (sizes, expected) => {
    const yaml = play("    - debug: { msg: x }\n", `  serial: "{{sizes}}"\n`);
    expect(batches(await run(place, yaml, { extraVariables: { sizes } }))).toEqual(expected);
  });

  test("knows the play's variables and those that all hosts share, and no host's own", async () => {
    const yaml = play("    - debug: { msg: x }\n", `  vars: { own: 1 }\n  serial: "{{own}}"\n`);
    expect(batches(await run(place, yaml))).toEqual([1, 1, 1]);
    const ofHost = play("    - debug: { msg: x }\n", `  serial: "{{colour}}"\n`);
    await expect(run(place, ofHost)).rejects.toThrow(/colour/);
  });

  test("decides on facts and on how many may fail", async () => {
    const yaml = play(
      `    - { name: try, command: fail, when: inventory_hostname == "w1" }
    - { name: on, debug: { msg: x } }
`,
      `  gather_facts: "{{looks}}"\n  max_fail_percentage: "{{per_cent}}"\n`,
    );
    const strict = await run(place, yaml, { extraVariables: { looks: "false", per_cent: "20" } });
    expect(strict.tasks.some((line) => line.includes(": on:"))).toBe(false);
    const lax = await run(place, yaml, { extraVariables: { looks: false, per_cent: 40 } });
    expect(lax.tasks.filter((line) => line.includes(": on:"))).toHaveLength(2);
  });
});
