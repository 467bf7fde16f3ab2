import { beforeEach, describe, expect, test } from "vitest";
import { Unreachable } from "../../../src/contract/errors.ts";
import type { RunEvent } from "../../../src/contract/events.ts";
import { connectTo, fakeHost, makePlace, type Place, type Ran, run } from "./run-playbook.ts";

const web = ["gamma", "delta", "epsilon", "zeta"];

let place: Place;
beforeEach(() => {
  place = makePlace(web);
  for (const name of ["alpha", "beta", ...web]) fakeHost(place, name).answer(["work"], "");
});

/** Lets `work` fail on some hosts. */
function failOn(...names: string[]): void {
  for (const name of names) fakeHost(place, name).answer(["work"], { exitCode: 1 });
}

const batches = ({ events }: Ran) =>
  events.flatMap((event: RunEvent) => (event.type === "play-started" ? [event.hosts.join(" ")] : []));

const works = (words = "") => `- hosts: web
${words}  tasks:
    - { name: first, command: work }
    - { name: second, command: work }
`;

describe("serial", () => {
  test.each([
    ["3", ["gamma delta epsilon", "zeta"]],
    ["50%", ["gamma delta", "epsilon zeta"]],
    ["1%", ["gamma", "delta", "epsilon", "zeta"]],
    ["[1, 2]", ["gamma", "delta epsilon", "zeta"]],
    ['[1, "100%"]', ["gamma", "delta epsilon zeta"]],
  ])("%s", async (serial, expected) => {
    expect(batches(await run(place, works(`  serial: ${serial}\n`)))).toEqual(expected);
  });

  test("takes a batch through the whole play before the next one", async () => {
    const ran = await run(place, works("  serial: 2\n"));
    expect(ran.tasks).toEqual([
      "gamma: first: changed",
      "delta: first: changed",
      "gamma: second: changed",
      "delta: second: changed",
      "epsilon: first: changed",
      "zeta: first: changed",
      "epsilon: second: changed",
      "zeta: second: changed",
    ]);
  });

  test("begins the next batch as long as one host of the last got through", async () => {
    failOn("gamma");
    expect(batches(await run(place, works("  serial: 2\n")))).toHaveLength(2);
    failOn("delta");
    expect(batches(await run(place, works("  serial: 2\n")))).toHaveLength(1);
  });
});

describe("order", () => {
  test.each([
    ["inventory", "gamma delta epsilon zeta"],
    ["reverse_inventory", "zeta epsilon delta gamma"],
    ["sorted", "delta epsilon gamma zeta"],
    ["reverse_sorted", "zeta gamma epsilon delta"],
  ])("%s", async (order, expected) => {
    expect(batches(await run(place, works(`  order: ${order}\n`)))).toEqual([expected]);
  });

  test("shuffle loses no host", async () => {
    const [hosts = ""] = batches(await run(place, works("  order: shuffle\n")));
    expect(hosts.split(" ").toSorted()).toEqual(web.toSorted());
  });
});

describe("forks and throttle", () => {
  /** How many hosts were at work at the same time, at most. */
  async function mostAtOnce(yaml: string, forks?: number): Promise<number> {
    let now = 0;
    let most = 0;
    for (const name of web) {
      const host = fakeHost(place, name);
      const run = host.run.bind(host);
      host.run = async (argv, options) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return run(argv, options);
      };
    }
    await run(place, yaml, forks === undefined ? {} : { forks });
    return most;
  }

  test("all hosts work at once", async () => {
    expect(await mostAtOnce(works())).toBe(4);
  });

  test("forks bounds them", async () => {
    expect(await mostAtOnce(works(), 3)).toBe(3);
  });

  test.each(["", "  strategy: free\n"])("throttle bounds one task, %j", async (strategy) => {
    const yaml = `- hosts: web\n${strategy}  tasks: [{ name: only, command: work, throttle: 2 }]\n`;
    expect(await mostAtOnce(yaml)).toBe(2);
  });

  test("forks bounds hosts that go on their own too", async () => {
    expect(await mostAtOnce(works("  strategy: free\n"), 2)).toBe(2);
  });
});

describe("strategy", () => {
  test("free lets a fast host finish while a slow one is at its first task", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = fakeHost(place, "gamma");
    const original = slow.run.bind(slow);
    slow.run = async (argv, options) => {
      await gate;
      return original(argv, options);
    };
    let finished = 0;
    const ran = await run(place, works("  strategy: free\n"), {
      listeners: [
        (event) => {
          if (event.type === "task-finished" && event.host !== "gamma" && ++finished === 6) release();
        },
      ],
    });
    expect(ran.result.result).toBe("done");
    expect(ran.result.tallies.gamma).toMatchObject({ changed: 2 });
  });
});

describe("any_errors_fatal", () => {
  test("stops the other hosts after the task", async () => {
    failOn("delta");
    const ran = await run(place, works("  any_errors_fatal: true\n"));
    expect(ran.tasks).toHaveLength(4);
    expect(ran.result).toMatchObject({ result: "failed", failures: [{ host: "delta" }] });
  });

  test("and begins no other batch", async () => {
    failOn("gamma");
    expect(batches(await run(place, works("  any_errors_fatal: true\n  serial: 2\n")))).toEqual([
      "gamma delta",
    ]);
  });

  test("and no other play", async () => {
    failOn("delta");
    const next = "- hosts: gamma\n  tasks: [{ name: after, debug: { msg: x } }]\n";
    const ran = await run(place, `${works("  any_errors_fatal: true\n")}${next}`);
    expect(ran.tasks.filter((line) => line.includes("after"))).toEqual([]);
  });

  test("is not what a rescue takes back", async () => {
    failOn("delta");
    const ran = await run(
      place,
      `- hosts: web
  any_errors_fatal: true
  tasks:
    - block: [{ name: try, command: work }, { name: others, command: work }]
      rescue: [{ name: mend, debug: { msg: x } }]
    - { name: after, debug: { msg: x } }
`,
    );
    const on = (name: string) => ran.tasks.filter((line) => line.split(": ")[1] === name);
    expect([on("others").length, on("mend"), on("after").length]).toEqual([3, ["delta: mend: ok"], 4]);
    expect(ran.result.result).toBe("done");
  });

  test("stops all when the rescue fails", async () => {
    failOn("delta");
    const ran = await run(
      place,
      `- hosts: web
  any_errors_fatal: true
  tasks:
    - block: [{ name: try, command: work }]
      rescue: [{ name: mend, command: work }]
    - { name: after, debug: { msg: x } }
`,
    );
    expect(ran.tasks.filter((line) => line.includes("after"))).toEqual([]);
    expect(ran.result.failures).toHaveLength(1);
  });

  test("is at once when a host is lost, which no rescue takes back", async () => {
    fakeHost(place, "delta").answer(["work"], new Unreachable("no answer from delta", { host: "delta" }));
    const ran = await run(
      place,
      `- hosts: web
  any_errors_fatal: true
  tasks:
    - block: [{ name: try, command: work }, { name: others, command: work }]
      rescue: [{ name: mend, debug: { msg: x } }]
    - { name: after, debug: { msg: x } }
`,
    );
    expect(ran.tasks.filter((line) => !line.includes(": try: "))).toEqual([]);
    expect(ran.result.failures).toMatchObject([{ kind: "unreachable", host: "delta" }]);
  });

  test("stops hosts that go on their own before their next task", async () => {
    failOn("gamma");
    const ran = await run(place, works("  any_errors_fatal: true\n  strategy: free\n"), { forks: 1 });
    expect(ran.tasks.filter((line) => line.includes("second"))).toEqual([]);
  });

  test("lets `always` run everywhere", async () => {
    failOn("gamma");
    const ran = await run(
      place,
      `- hosts: web
  any_errors_fatal: true
  tasks:
    - block: [{ name: try, command: work }]
      always: [{ name: always, debug: { msg: x } }]
`,
    );
    expect(ran.tasks.filter((line) => line.includes("always"))).toHaveLength(4);
  });
});

describe("max_fail_percentage", () => {
  test.each([
    ["25", ["gamma"], 3],
    ["25", ["gamma", "delta"], 0],
    ["0", ["gamma"], 0],
    ["50", ["gamma", "delta"], 2],
  ])("%s of %j failing leaves %i hosts at work", async (per, failing, left) => {
    failOn(...failing);
    const ran = await run(place, works(`  max_fail_percentage: ${per}\n`));
    expect(ran.tasks.filter((line) => line.includes("second"))).toHaveLength(left);
  });

  test("doesn't count who is rescued", async () => {
    failOn("gamma", "delta");
    const ran = await run(
      place,
      `- hosts: web
  max_fail_percentage: 10
  tasks:
    - block: [{ name: try, command: work }]
      rescue: [{ name: mend, debug: { msg: x } }]
    - { name: after, debug: { msg: x } }
`,
    );
    expect(ran.tasks.filter((line) => line.includes("after"))).toHaveLength(4);
  });
});

describe("a failed host", () => {
  const twoPlays = (first: string, second: string) =>
    `${works().replace("web", first)}- hosts: ${second}\n  tasks: [{ name: later, debug: { msg: x } }]\n`;

  test("is left out of the later plays of a list", async () => {
    failOn("gamma");
    const ran = await run(place, twoPlays("web", "all"));
    expect(ran.tasks.filter((line) => line.includes("later"))).toEqual(
      ["alpha", "beta", "delta", "epsilon", "zeta"].map((host) => `${host}: later: ok`),
    );
    expect(ran.result.result).toBe("failed");
  });

  test("of a side of the migration ends the run", async () => {
    failOn("alpha");
    const ran = await run(place, twoPlays("old", "web"));
    expect(ran.tasks).toEqual(["alpha: first: failed"]);
  });

  test("of any kind ends a stage", async () => {
    failOn("gamma");
    const plays = twoPlays("web", "all").replaceAll(/^/gm, "      ");
    const ran = await run(place, `name: x\nstages:\n  - name: main\n    plays:\n${plays}`);
    expect(ran.tasks.filter((line) => line.includes("later"))).toEqual([]);
  });
});

describe("a host that can't be reached when the play begins", () => {
  const withoutGamma = () => {
    const connect = connectTo(place);
    return {
      connect: async (...[spec, signal]: Parameters<typeof connect>) => {
        if (spec.name === "gamma") throw new Unreachable("no way to gamma", { host: "gamma" });
        return connect(spec, signal);
      },
    };
  };

  test("drops out, and the others go on", async () => {
    const ran = await run(place, works(), withoutGamma());
    expect(ran.tasks.filter((line) => line.includes("second"))).toHaveLength(3);
    expect(ran.result).toMatchObject({
      result: "failed",
      failures: [{ kind: "unreachable", host: "gamma" }],
      tallies: { gamma: { unreachable: 1 } },
    });
  });

  test("ends the play with any_errors_fatal, and where max_fail_percentage says so", async () => {
    for (const words of ["any_errors_fatal: true", "max_fail_percentage: 10"]) {
      expect((await run(place, works(`  ${words}\n`), withoutGamma())).tasks).toEqual([]);
    }
  });

  test("is asked again by each task with ignore_unreachable", async () => {
    const ran = await run(place, works("  ignore_unreachable: true\n"), withoutGamma());
    expect(ran.tasks.filter((line) => line.startsWith("gamma"))).toEqual([
      "gamma: first: unreachable",
      "gamma: second: unreachable",
    ]);
    expect(ran.result).toMatchObject({ result: "done", tallies: { gamma: { ignored: 3, unreachable: 0 } } });
  });
});
