import { beforeEach, describe, expect, test } from "vitest";
import { BadInput } from "../../../src/contract/errors.ts";
import { putFiles } from "./project-files.ts";
import { makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});

const play = (tasks: string, more = "") => `- hosts: new\n${more}  tasks:\n${tasks}`;

describe("include_vars", () => {
  test("stands above variables of tasks and below set_fact, and is rendered when it is read", async () => {
    putFiles(place, {
      "vars/more.yml": `who: "{{name_of_it}}"\na: file\nb: file\n`,
      "vars/all/1.json": `{ "c": 1, "d": 1 }`,
      "vars/all/2.yml": "d: 2\n",
      "vars/all/deep/3.yml": "e: 3\n",
      "vars/all/no.txt": "x",
    });
    const ran = await run(
      place,
      play(`    - include_vars: more.yml
    - { include_vars: { dir: all, name: all, depth: 1 }, register: read }
    - set_fact: { name_of_it: beta, b: fact }
    - assert: { that: ['who == "beta"', 'a == "file"', 'b == "fact"', all.c == 1, all.d == 2, "!has(all.e)"] }
      vars: { a: task, b: task }
    - assert: { that: ['size(read.included_files) == 2', "!read.changed"] }
`),
    );
    expect(ran.result.failures).toEqual([]);
  });

  test("is looked for in the role, and by a name that only a host knows", async () => {
    putFiles(place, {
      "roles/r/vars/beta.yml": "from_role: true\n",
      "roles/r/tasks/main.yml": `- include_vars: "{{inventory_hostname}}.yml"\n- assert: { that: [from_role] }\n`,
    });
    expect((await run(place, "- hosts: new\n  roles: [r]\n")).result.failures).toEqual([]);
  });

  test("says before the run what is wrong with a file that is known by then", async () => {
    putFiles(place, { "vars/list.yml": "- a\n", "vars/bad.yml": "a: '{{nohelper 1 2}}'\n" });
    const told = await run(
      place,
      play("    - include_vars: lost.yml\n    - include_vars: list.yml\n    - include_vars: ../../out.yml\n"),
    ).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(BadInput);
    const messages = (told as BadInput).problems.map(({ message, place: at }) => `${at?.line}: ${message}`);
    expect(messages.join("\n")).toMatch(
      /3: there is no file .*vars\/lost.yml[\s\S]*5: ..\/..\/out.yml leads out of the project[\s\S]*1: a file of variables has to be a mapping/,
    );
    await expect(run(place, play("    - include_vars: bad.yml\n"))).rejects.toThrow("nohelper");
  });
});

test("set_fact keeps nothing from run to run, and says so", async () => {
  await expect(run(place, play("    - set_fact: { a: 1, cacheable: true }\n"))).rejects.toMatchObject({
    problems: [{ message: "`cacheable` has to be `false`", hint: expect.stringContaining("Left out") }],
  });
});

describe("import_playbook", () => {
  test("puts the plays here, with the words beside it", async () => {
    putFiles(place, {
      "more/other.yml": `- name: other
  hosts: new
  vars: { a: own, b: own }
  tasks:
    - { name: one, assert: { that: ['a == "import"', 'b == "own"'] } }
    - { name: two, debug: { msg: x }, tags: [y], when: 'a != "import"' }
- import_playbook: third.yml
`,
      "more/third.yml": "- hosts: old\n  tasks: [{ name: three, debug: { msg: x } }]\n",
    });
    const yaml = `- ansible.builtin.import_playbook: more/other.yml
  vars: { a: import }
  tags: [t]
  when: 'inventory_hostname == "beta"'
- hosts: new
  tasks: [{ name: four, debug: { msg: x } }]
`;
    expect((await run(place, yaml)).tasks).toEqual([
      ...["beta: one: ok", "beta: two: skipped", "alpha: three: skipped", "beta: four: ok"],
    ]);
    expect((await run(place, yaml, { tags: ["t"] })).tasks).toHaveLength(3);
  });
});

describe("vars_schema", () => {
  const yaml = `vars: { level: "{{colour}}" }
vars_schema: { type: object, required: [level], properties: { level: { type: integer, description: How much. } } }
stages: [{ name: main, plays: [{ hosts: new, tasks: [{ name: go, debug: { msg: "{{level}}" } }] }] }]
`;

  test("refuses a run whose variables do not fit, before its first task", async () => {
    await expect(run(place, yaml)).rejects.toMatchObject({
      message: '`level` is the text "beta-colour", but wants a whole number',
      place: { line: 1 },
    });
    expect(place.hosts.beta.changesRun().filter((line) => line.includes("debug"))).toEqual([]);
  });

  test("lets it run with variables that fit, from wherever", async () => {
    expect((await run(place, yaml, { extraVariables: { level: 3 } })).tasks).toEqual(["beta: go: ok"]);
  });
});
