import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readState } from "../../../src/engine/record.ts";
import { makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
  for (const host of [place.hosts.alpha, place.hosts.beta]) host.answer(["work"], "");
});

function writeRole(name: string, tasks: string, handlers: string): void {
  for (const [folder, text] of Object.entries({ tasks, handlers })) {
    mkdirSync(join(place.directory, "roles", name, folder), { recursive: true });
    writeFileSync(join(place.directory, "roles", name, folder, "main.yml"), text);
  }
}

const names = (tasks: readonly string[]) => tasks.map((line) => line.split(": ")[1]);

describe("handlers", () => {
  test("run behind pre_tasks, behind roles and tasks, and behind post_tasks, once each", async () => {
    const ran = await run(
      place,
      `- hosts: new
  pre_tasks: [{ name: pre, command: work, notify: [b, a] }]
  tasks:
    - { name: one, command: work, notify: a }
    - { name: two, command: work, notify: a }
  post_tasks: [{ name: post, command: work }]
  handlers: [{ name: a, command: work }, { name: b, command: work }]
`,
    );
    expect(names(ran.tasks)).toEqual(["pre", "a", "b", "one", "two", "a", "post"]);
  });

  test("of a block are each one of their own, with its words; those of an include answer to its name", async () => {
    writeFileSync(join(place.directory, "more.yml"), "- { name: d, command: work }\n");
    writeFileSync(
      join(place.directory, "included.yml"),
      '- { name: e, command: work, when: colour == "no" }\n- { name: f, command: work }\n',
    );
    const ran = await run(
      place,
      `- hosts: new
  tasks: [{ name: one, command: work, notify: [b, d, included] }]
  handlers:
    - name: block
      when: inventory_hostname == "alpha"
      block:
        - { name: a, command: work }
        - { name: b, command: work }
    - import_tasks: more.yml
    - name: included
      include_tasks: included.yml
      vars: { colour: red }
`,
    );
    expect(ran.tasks).toEqual([
      "beta: one: changed",
      "beta: b: skipped",
      "beta: d: changed",
      "beta: e: skipped",
      "beta: f: changed",
    ]);
  });

  test("can't be a block's name, its rescue, or what loops", async () => {
    writeFileSync(join(place.directory, "more.yml"), "- { name: d, command: work }\n");
    const yaml = `- hosts: new
  tasks: [{ name: one, command: work, notify: block }]
  handlers:
    - name: block
      block: [{ name: a, command: work }]
      rescue: [{ name: b, command: work }]
    - { name: c, include_tasks: more.yml, loop: [1, 2] }
`;
    await expect(run(place, yaml)).rejects.toMatchObject({
      problems: expect.arrayContaining(
        ["unknown handler `block`", "a block of handlers has no", "this `include_tasks` can't be"].map(
          (text) => expect.objectContaining({ message: expect.stringContaining(text) }),
        ),
      ),
    });
  });

  test("all of those that listen to a topic run", async () => {
    const ran = await run(
      place,
      `- hosts: new
  tasks: [{ name: one, command: work, notify: changed }]
  handlers:
    - { name: a, command: work, listen: changed }
    - { name: b, command: work, listen: [changed, other] }
    - { name: c, command: work, listen: other }
`,
    );
    expect(names(ran.tasks)).toEqual(["one", "a", "b"]);
    expect(readState(place.stateDirectory).pendingHandlers).toEqual([]);
  });

  test("run for those hosts that notified them", async () => {
    const ran = await run(
      place,
      `- hosts: all
  tasks: [{ name: one, command: work, notify: a, changed_when: 'inventory_hostname == "beta"' }]
  handlers: [{ name: a, command: work }]
`,
    );
    expect(ran.tasks.filter((line) => line.includes(" a:"))).toEqual(["beta: a: changed"]);
  });

  test("that other handlers notified run too, in whatever order they are defined", async () => {
    const ran = await run(
      place,
      `- hosts: new
  tasks: [{ name: one, command: work, notify: last }]
  handlers: [{ name: first, command: work }, { name: last, command: work, notify: [first, last] }]
`,
    );
    expect(names(ran.tasks)).toEqual(["one", "last", "first"]);
    expect(readState(place.stateDirectory).pendingHandlers).toEqual([]);
  });

  test("of the play shadow a role's of the same name", async () => {
    writeRole(
      "greet",
      "- { name: one, command: work, notify: [a, b] }\n",
      "- { name: a, debug: { msg: of the role } }\n- { name: b, debug: { msg: b } }\n",
    );
    const ran = await run(
      place,
      "- hosts: new\n  roles: [greet]\n  handlers: [{ name: a, command: work }]\n",
    );
    expect(ran.tasks.slice(1)).toEqual(["beta: b: ok", "beta: a: changed"]);
  });

  test("of a role have the role's words, and answer to the role's name before theirs", async () => {
    writeRole(
      "greet",
      "- { name: one, command: work, notify: 'greet : a' }\n",
      "- { name: a, command: work a }\n",
    );
    const ran = await run(
      place,
      `- hosts: new
  roles: [{ role: greet, environment: { COLOUR: blue } }]
  handlers: [{ name: a, command: work }]
`,
    );
    expect(names(ran.tasks)).toEqual(["one", "a"]);
    const call = place.hosts.beta.commands.find(({ argv }) => argv.join(" ") === "work a");
    expect(call?.options.environment).toEqual({ COLOUR: "blue" });
  });

  const failing = (more = "") => `- hosts: new
${more}  tasks:
    - { name: one, command: work, notify: a }
    - { name: two, command: fails }
  handlers: [{ name: a, command: work }]
`;

  test("notified before a failure are kept and run with the next run, though nothing notifies them again", async () => {
    place.hosts.beta.answer(["fails"], { exitCode: 1 });
    const first = await run(place, failing());
    expect(names(first.tasks)).toEqual(["one", "two"]);
    expect(readState(place.stateDirectory).pendingHandlers).toEqual(["a@beta"]);
    const again = failing().replace("notify: a", "notify: a, changed_when: false").replace("fails", "work");
    expect(names((await run(place, again)).tasks)).toEqual(["one", "two", "a"]);
    expect(readState(place.stateDirectory).pendingHandlers).toEqual([]);
  });

  test("run on failed hosts with force_handlers", async () => {
    place.hosts.beta.answer(["fails"], { exitCode: 1 });
    const ran = await run(place, failing("  force_handlers: true\n"));
    expect(names(ran.tasks)).toEqual(["one", "two", "a"]);
    expect(ran.result.result).toBe("failed");
  });

  test("that fail take the host out, and stay for the next run", async () => {
    place.hosts.beta.answer(["fails"], { exitCode: 1 });
    const ran = await run(
      place,
      `- hosts: new
  tasks: [{ name: one, command: work, notify: [a, b] }]
  post_tasks: [{ name: post, command: work }]
  handlers: [{ name: a, command: fails }, { name: b, command: work }]
`,
    );
    expect(names(ran.tasks)).toEqual(["one", "a"]);
    expect(ran.result.failures).toHaveLength(1);
    expect(readState(place.stateDirectory).pendingHandlers).toEqual(["a@beta", "b@beta"]);
  });

  test("that fail don't run again by force_handlers", async () => {
    place.hosts.beta.answer(["fails"], { exitCode: 1 });
    const ran = await run(
      place,
      `- hosts: new
  force_handlers: true
  tasks: [{ name: one, command: work, notify: [a, b] }]
  handlers: [{ name: a, command: fails }, { name: b, command: work }]
`,
    );
    expect(names(ran.tasks)).toEqual(["one", "a"]);
  });

  test("are notified by a rendered name; one that no handler has fails the task", async () => {
    const yaml = (name: string) => `- hosts: new
  vars: { program: ${name} }
  tasks: [{ name: one, command: work, notify: "restart {{program}}" }]
  handlers: [{ name: restart a, command: work }]
`;
    expect(names((await run(place, yaml("a"))).tasks)).toEqual(["one", "restart a"]);
    const { result } = await run(place, yaml("b"));
    expect(result.failures[0]).toMatchObject({
      message: "unknown handler `restart b`",
      next: "did you mean `restart a`?",
      place: { line: 3 },
    });
  });

  test("get the play's words", async () => {
    await run(
      place,
      `- hosts: new
  environment: { COLOUR: blue }
  tasks: [{ name: one, command: work, notify: a }]
  handlers: [{ name: a, command: work again }]
`,
    );
    const call = place.hosts.beta.commands.find(({ argv }) => argv.join(" ") === "work again");
    expect(call?.options.environment).toEqual({ COLOUR: "blue" });
  });
});
