import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});

const play = (tasks: string, hosts = "new") => `- hosts: ${hosts}\n  tasks:\n${tasks}`;

describe("a loop", () => {
  test("tells where it stands, and registers each item under the loop's own name", async () => {
    place.hosts.beta.answer(["echo"], ({ argv }) => argv.slice(1).join(" "));
    const ran = await run(
      place,
      play(`    - command: "echo {{index}} {{one}} {{loop_info.index}} {{loop_info.last}}"
      loop: [a, b]
      loop_control: { loop_var: one, index_var: index, label: "<{{one}}>", extended: true }
      register: said
    - assert:
        that:
          - said.results.map(r, r.stdout) == ["0 a 1 false", "1 b 2 true"]
          - said.results.map(r, r.one) == ["a", "b"]
          - said.results[1].index == 1
          - said.changed && !said.failed
`),
    );
    expect(ran.result.failures).toEqual([]);
    const items = ran.events.flatMap((event) => (event.type === "task-finished" ? [event.item] : []));
    expect(items).toEqual(["<a>", "<b>", undefined]);
  });

  test("goes on after an item that failed, and then fails with all results", async () => {
    place.hosts.beta.answer(["try", "1"], { exitCode: 4 });
    place.hosts.beta.answer(["try", "2"], "two");
    const ran = await run(
      place,
      play(`    - { name: try, command: "try {{item}}", loop: [1, 2], register: tried, ignore_errors: true }
    - { name: see, assert: { that: [tried.failed, "tried.results.map(r, r.rc) == [4, 0]"] } }
`),
    );
    expect(ran.tasks).toEqual(["beta: try: failed", "beta: try: changed", "beta: see: ok"]);
    expect(ran.result.tallies.beta).toMatchObject({ ignored: 1, failed: 0 });
  });

  test("waits between the items, and not before the first", async () => {
    const started = Date.now();
    await run(
      place,
      play(`    - { debug: { msg: "{{item}}" }, loop: [1, 2, 3], loop_control: { pause: "{{cel '0.05 + 0.05'}}" } }
`),
    );
    expect(Date.now() - started).toBeGreaterThanOrEqual(190);
  });

  test("over a map says what to do", async () => {
    const ran = await run(place, play(`    - { debug: { msg: a }, vars: { m: { a: 1 } }, loop: "{{m}}" }\n`));
    expect(ran.result.failures[0]).toMatchObject({ message: "loop wants a list", place: { line: 3 } });
  });

  test("hides its items, its failure and its intent with no_log", async () => {
    place.hosts.beta.answer(["tell"], { exitCode: 1, stderr: "canary" });
    const ran = await run(place, play('    - { command: "tell {{item}}", loop: [canary], no_log: true }\n'));
    const journal = readFileSync(join(place.stateDirectory, "journal.jsonl"), "utf8");
    const failures = ran.result.failures.map(({ message }) => message);
    expect(failures).toEqual(["the output is hidden by no_log"]);
    expect(JSON.stringify([ran.events, failures, journal])).not.toContain("canary");
  });
});

describe("what is tried again", () => {
  test("takes its numbers from variables, and counts its attempts", async () => {
    let asked = 0;
    place.hosts.beta.answer(["count"], () => String(++asked));
    const ran = await run(
      place,
      play(`    - command: count
      vars: { times: "4", wait: 1ms }
      register: counted
      until: [counted.rc == 0, 'counted.stdout == "4"']
      retries: "{{times}}"
      delay: "{{wait}}"
    - assert: { that: [counted.attempts == 4] }
`),
    );
    expect(ran.result.failures).toEqual([]);
    expect(ran.events.find((event) => event.type === "task-retry")).toMatchObject({ attempt: 1, retries: 4 });
  });

  test("is tried three times with `until` alone, as in Ansible", async () => {
    let asked = 0;
    place.hosts.beta.answer(["count"], () => String(++asked));
    const ran = await run(place, play("    - { command: count, until: 1 == 2, delay: 0 }\n"));
    expect(asked).toBe(3);
    expect(ran.result.result).toBe("failed");
  });

  test("may be waited for until it fails in the right way", async () => {
    place.hosts.beta.answer(["gone"], { exitCode: 3 });
    const ran = await run(
      place,
      play(`    - { name: gone, command: gone, register: g, until: g.rc == 3, failed_when: g.rc != 3 }
`),
    );
    expect(ran.tasks).toEqual(["beta: gone: changed"]);
    expect(ran.events.filter((event) => event.type === "task-retry")).toEqual([]);
  });

  test("says where a template gives no number", async () => {
    const ran = await run(
      place,
      play(`    - { command: count, vars: { times: many }, until: 1 == 1, retries: "{{times}}" }\n`),
    );
    expect(ran.result.failures[0]).toMatchObject({
      message: '`{{times}}` gives "many", which is no whole number',
      place: { line: 3 },
    });
  });

  test.each(["timeout", "delay"])("says where the template of %s gives no duration", async (word) => {
    place.hosts.beta.answer(["count"], { exitCode: 1 });
    const ran = await run(
      place,
      play(`    - { command: count, retries: 1, vars: { wait: soon }, ${word}: "{{wait}}" }\n`),
    );
    expect(ran.result.failures[0]).toMatchObject({
      message: '`{{wait}}` gives "soon", which is no duration',
      place: { line: 3 },
    });
  });
});

test("changed_when and failed_when of a list want all of it to hold", async () => {
  place.hosts.beta.answer(["look"], { exitCode: 2, stdout: "odd" });
  const ran = await run(
    place,
    play(`    - { name: a, command: look, register: a, failed_when: [a.rc > 1, 'a.stdout == "even"'], changed_when: [true, false] }
    - { name: b, command: look, register: b, failed_when: [b.rc > 1, 'b.stdout == "odd"'], ignore_errors: true }
    - { assert: { that: [a.rc == 2, "!a.failed", b.failed] } }
`),
  );
  expect(ran.tasks.slice(0, 2)).toEqual(["beta: a: ok", "beta: b: failed"]);
  expect(ran.result.failures).toEqual([]);
});

describe("run_once", () => {
  test("gives all hosts what was found out and registered, each item once", async () => {
    const ran = await run(
      place,
      play(
        `    - { name: ask, debug: { msg: "{{item}}" }, loop: [1, 2], run_once: true, register: asked }
    - { name: set, set_fact: { colour_of_one: "{{colour}}" }, run_once: true }
    - { name: see, assert: { that: ['colour_of_one == "alpha-colour"', size(asked.results) == 2] } }
`,
        "all",
      ),
    );
    expect(ran.result.failures).toEqual([]);
    expect(ran.tasks).toEqual([
      ...["alpha: ask: ok", "alpha: ask: ok", "alpha: set: ok"],
      ...["alpha: see: ok", "beta: see: ok"],
    ]);
  });
});

describe("delegate_facts", () => {
  test("keeps what is found out with the host that did the work", async () => {
    const ran = await run(
      place,
      play(`    - { set_fact: { told: one }, delegate_to: "{{old_host}}", delegate_facts: true }
    - { set_fact: { kept: two }, delegate_to: alpha }
    - assert: { that: ['hostvars.alpha.told == "one"', "!has(hostvars.beta.told)", 'kept == "two"'] }
`),
    );
    expect(ran.result.failures).toEqual([]);
  });
});

describe("a block", () => {
  test("tells its rescue and its always what failed", async () => {
    place.hosts.beta.answer(["breaks"], { exitCode: 7, stderr: "no disk" });
    const ran = await run(
      place,
      play(`    - block:
        - { name: break it, command: breaks }
      rescue:
        - assert:
            that:
              - failed_task.name == "break it"
              - failed_task.module == "command"
              - failed_task.place.endsWith("playbook.yml:4:11")
              - failed_result.rc == 7
              - failed_result.stderr == "no disk"
      always:
        - { name: tidy, debug: { msg: "{{failed_task.name}}" } }
`),
    );
    expect(ran.result.failures).toEqual([]);
    expect(ran.result.tallies.beta).toMatchObject({ failed: 0, rescued: 1, ok: 2 });
  });

  test("runs always when the rescue fails, and the outer rescue after it", async () => {
    for (const name of ["one", "two"]) place.hosts.beta.answer([name], { exitCode: 1 });
    const ran = await run(
      place,
      play(`    - block:
        - block: [{ name: one, command: one }]
          rescue: [{ name: two, command: two }]
          always: [{ name: inner, debug: { msg: a } }]
        - { name: never, debug: { msg: a } }
      rescue:
        - { name: outer, assert: { that: ['failed_task.name == "two"'] } }
    - { name: on, debug: { msg: a } }
`),
    );
    expect(ran.tasks).toEqual([
      ...["beta: one: failed", "beta: two: failed", "beta: inner: ok"],
      ...["beta: outer: ok", "beta: on: ok"],
    ]);
    expect(ran.result).toMatchObject({ result: "done", failures: [] });
    expect(ran.result.tallies.beta).toMatchObject({ failed: 0, rescued: 2 });
  });
});

test("args and full names of modules mean what they mean in Ansible", async () => {
  place.hosts.beta.answer(["make"], "made");
  const ran = await run(
    place,
    play(`    - { name: make, ansible.builtin.command: make, args: { creates: /etc/hostname } }
    - { name: over, ansible.legacy.copy: { dest: /a, content: own }, args: { content: other, mode: "0600" } }
`),
  );
  expect(ran.tasks).toEqual(["beta: make: ok", "beta: over: changed"]);
  expect(place.hosts.beta.tree.read("/a")?.toString()).toBe("own");
});
