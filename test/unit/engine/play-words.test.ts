import { mkdirSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { Unreachable } from "../../../src/contract/errors.ts";
import { makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace(["gamma"]);
  for (const host of [place.hosts.alpha, place.hosts.beta]) host.answer(["work"], "");
});

const environmentOf = (command: string) =>
  place.hosts.beta.commands.find(({ argv }) => argv.join(" ") === command)?.options.environment;

function role(name: string, tasks: string): void {
  mkdirSync(`${place.directory}/roles/${name}/tasks`, { recursive: true });
  writeFileSync(`${place.directory}/roles/${name}/tasks/main.yml`, tasks);
}

describe("environment", () => {
  test("adds up from the play to the task, renders, and reaches the commands of modules", async () => {
    role("greet", "- { command: work in role, environment: { D: task } }\n");
    await run(
      place,
      `- hosts: new
  vars: { proxy: { http_proxy: "http://{{old_host}}:3128" } }
  environment: { A: play, B: play, N: 3 }
  roles:
    - { role: greet, environment: { B: role } }
  tasks:
    - environment: [{ B: block }, "{{proxy}}"]
      block:
        - { command: work, environment: { C: "{{colour}}" } }
`,
    );
    expect(environmentOf("work in role")).toEqual({ A: "play", B: "role", N: "3", D: "task" });
    expect(environmentOf("work")).toEqual({
      A: "play",
      B: "block",
      N: "3",
      http_proxy: "http://alpha:3128",
      C: "beta-colour",
    });
  });

  test("that is no map fails the task with its place", async () => {
    const ran = await run(
      place,
      '- hosts: new\n  vars: { wrong: text }\n  environment: "{{wrong}}"\n  tasks: [{ command: work }]\n',
    );
    expect(ran.result.failures[0]).toMatchObject({
      message: "`environment` is no map of variables",
      place: { line: 3 },
    });
  });
});

describe("gather_facts", () => {
  const gathered = async (words: string) => {
    let times = 0;
    const { beta } = place.hosts;
    beta.gatherFacts = async () => {
      times++;
      return { ...beta.facts, hostname: "new name" };
    };
    const ran = await run(
      place,
      `- hosts: new
  tasks: [{ command: work }, { meta: clear_facts, when: "${words.includes("cleared")}" }]
- hosts: new
  ${words.replace(" cleared", "")}
  tasks: [{ name: show, debug: { msg: "{{facts.hostname}}" } }]
`,
    );
    return [times, ran.result.result];
  };

  test.each([
    ["gather_facts: true", [1, "done"]],
    ["gather_facts: false", [0, "done"]],
    ["name: unsaid", [0, "done"]],
    ["name: unsaid cleared", [1, "done"]],
    ["gather_facts: false cleared", [0, "failed"]],
  ])("%s", async (words, expected) => {
    expect(await gathered(words)).toEqual(expected);
  });

  test("is not hidden by what a task found out before, and leaves what else that found", async () => {
    const { alpha, beta } = place.hosts;
    alpha.answer(["dpkg-query"], "postfix\tinstalled\t3.7\tamd64\n");
    beta.answer(["dpkg-query"], "dovecot\tinstalled\t2.4\tamd64\n");
    const names = ["first", "second"];
    beta.gatherFacts = async () => ({ ...beta.facts, hostname: names.shift() ?? "third" });
    const ran = await run(
      place,
      `- hosts: new
  tasks:
    - setup:
    - package_facts:
    - { package_facts: , delegate_to: alpha, delegate_facts: true }
- hosts: new
  gather_facts: true
  tasks:
    - { name: here, assert: { that: [facts.hostname == "second", "'dovecot' in facts.packages"] } }
    - name: there
      assert: { that: ['hostvars.alpha.facts.packages.postfix[0].version == "3.7"', "!has(hostvars.alpha.facts.packages.dovecot)"] }
`,
    );
    expect(ran.result.failures).toEqual([]);
    expect(ran.result.result).toBe("done");
  });

  test("false leaves a host alone until a task needs it", async () => {
    const ran = await run(
      place,
      "- hosts: web\n  gather_facts: false\n  tasks: [{ command: work, when: false }]\n",
    );
    expect(
      ran.events
        .filter(({ type }) => type === "host-connected")
        .map((event) => "host" in event && event.host),
    ).not.toContain("gamma");
  });
});

describe("module_defaults", () => {
  test("give arguments that the task doesn't; the inner entry takes the place of the outer one", async () => {
    role("greet", "- { name: role, copy: { dest: /role, content: x } }\n");
    const ran = await run(
      place,
      `- hosts: new
  vars: { owner_mode: "0600" }
  module_defaults:
    copy: { mode: "{{owner_mode}}", content: default }
    file: { state: directory }
  roles:
    - { role: greet, module_defaults: { copy: { mode: "0640" } } }
  tasks:
    - { name: plain, copy: { dest: /plain } }
    - { name: own, copy: { dest: /own, content: own, mode: "0644" } }
    - { name: directory, file: { path: /made } }
`,
    );
    expect(ran.result.failures).toEqual([]);
    const { writes, tree } = place.hosts.beta;
    expect(writes.map(({ path, content, options }) => [path, content.toString(), options.mode])).toEqual([
      ["/role", "x", "0640"],
      ["/plain", "default", "0600"],
      ["/own", "own", "0644"],
    ]);
    expect(tree.stat("/made")?.type).toBe("directory");
  });

  test("are checked before the run, each at its own place", async () => {
    const loading = run(
      place,
      `- hosts: new
  module_defaults:
    copy: { mode: 644, contents: x }
    copi: {}
  tasks: [{ copy: { dest: /x, content: x } }]
`,
    );
    await expect(loading).rejects.toMatchObject({
      problems: [
        { message: expect.stringContaining("mode"), place: { line: 3 } },
        { message: "`copy` has no `contents`", place: { line: 3 } },
        { message: "unknown module `copi`", hint: "did you mean `copy`?", place: { line: 4 } },
      ],
    });
  });
});

describe("a word of the play goes down to roles, blocks and tasks, and the nearest counts", () => {
  test("check_mode", async () => {
    const ran = await run(
      place,
      `- hosts: new
  check_mode: true
  tasks:
    - { name: seen, copy: { dest: /seen, content: x } }
    - check_mode: false
      block: [{ name: done, copy: { dest: /done, content: x } }]
`,
    );
    expect(ran.tasks).toEqual(["beta: seen: changed", "beta: done: changed"]);
    expect(place.hosts.beta.writes.map(({ path }) => path)).toEqual(["/done"]);
  });

  test("no_log and diff", async () => {
    const ran = await run(
      place,
      `- hosts: new
  no_log: true
  diff: false
  tasks:
    - { name: hidden, command: work }
    - { name: shown, command: work, no_log: false, diff: true }
`,
    );
    const told = ran.events.flatMap((event) => (event.type === "task-finished" ? [event.task] : []));
    expect(told).toMatchObject([
      { noLog: true, diff: false },
      { noLog: false, diff: true },
    ]);
  });

  test("ignore_errors", async () => {
    place.hosts.beta.answer(["fails"], { exitCode: 1 });
    const ran = await run(
      place,
      "- hosts: new\n  ignore_errors: true\n  tasks: [{ command: fails }, { command: work }]\n",
    );
    expect(ran.result).toMatchObject({ result: "done", tallies: { beta: { ignored: 1, changed: 1 } } });
  });

  test("run_once", async () => {
    const ran = await run(place, "- hosts: all\n  run_once: true\n  tasks: [{ name: a, command: work }]\n");
    expect(ran.tasks).toEqual(["alpha: a: changed"]);
  });

  test("timeout", async () => {
    let aborted: unknown;
    place.hosts.beta.answer(["slow"], "");
    const original = place.hosts.beta.run.bind(place.hosts.beta);
    place.hosts.beta.run = async (argv, options) => {
      if (argv[0] !== "slow") return original(argv, options);
      // On a busy machine the time may be over before the command begins.
      const { signal } = options ?? {};
      if (!signal?.aborted) await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      aborted = signal?.reason;
      throw aborted;
    };
    const ran = await run(place, "- hosts: new\n  timeout: 20ms\n  tasks: [{ name: a, command: slow }]\n");
    expect(aborted).toBeInstanceOf(DOMException);
    expect(ran.tasks).toEqual(["beta: a: failed"]);
  });

  test("tags", async () => {
    const yaml = `- hosts: new
  tags: play
  tasks:
    - { name: a, command: work }
    - { name: b, command: work, tags: [b] }
    - { name: c, command: work, tags: never }
- hosts: new
  tasks:
    - { name: d, command: work }
    - { name: e, command: work, tags: always }
`;
    const names = async (tags: string[], skipTags: string[] = []) =>
      (await run(place, yaml, { tags, skipTags })).tasks.map((line) => line.split(": ")[1]).join("");
    expect(await names([])).toBe("abde");
    // `play` is a tag of the task that has `never`, too.
    expect(await names(["play"])).toBe("abce");
    expect(await names(["b"])).toBe("be");
    expect(await names(["untagged"])).toBe("de");
    expect(await names(["tagged"])).toBe("abe");
    expect(await names([], ["b"])).toBe("ade");
    expect(await names([], ["play"])).toBe("de");
    expect(await names([], ["always"])).toBe("abd");
    expect(await names([], ["tagged"])).toBe("d");
    expect(await names([], ["untagged"])).toBe("abe");
    expect(await names([], ["all"])).toBe("e");
    expect(await names(["b"], ["always"])).toBe("b");
  });
});

describe("ignore_unreachable", () => {
  const lost = () => new Unreachable("no answer from beta", { host: "beta" });

  test("goes on with the next task", async () => {
    place.hosts.beta.answer(["away"], lost());
    const ran = await run(
      place,
      "- hosts: new\n  ignore_unreachable: true\n  tasks: [{ name: a, command: away }, { name: b, command: work }]\n",
    );
    expect(ran.tasks).toEqual(["beta: a: unreachable", "beta: b: changed"]);
    expect(ran.result).toMatchObject({ result: "done", tallies: { beta: { ignored: 1 } } });
    const outcomes = ran.events.flatMap((event) => (event.type === "task-finished" ? [event.outcome] : []));
    expect(outcomes[0]).toMatchObject({ status: "unreachable", ignored: true });
  });

  test("is not what ignore_errors means", async () => {
    place.hosts.beta.answer(["away"], lost());
    const ran = await run(
      place,
      "- hosts: new\n  ignore_errors: true\n  tasks: [{ name: a, command: away }, { name: b, command: work }]\n",
    );
    expect(ran.tasks).toEqual(["beta: a: unreachable"]);
    expect(ran.result.result).toBe("failed");
  });

  test("a rescue doesn't catch a lost host; `always` is still tried", async () => {
    place.hosts.beta.answer(["away"], lost());
    const ran = await run(
      place,
      `- hosts: new
  tasks:
    - block: [{ name: a, command: away }]
      rescue: [{ name: rescue, command: work }]
      always: [{ name: always, command: work }]
    - { name: after, command: work }
`,
    );
    expect(ran.tasks).toEqual(["beta: a: unreachable", "beta: always: changed"]);
  });
});
