import { beforeEach, describe, expect, test } from "vitest";
import { putFiles } from "./project-files.ts";
import { makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});

const play = (tasks: string, hosts = "new") => `- hosts: ${hosts}\n  tasks:\n${tasks}`;
const say = (name: string, more = "") =>
  `- { name: "${name}", debug: { msg: "{{default item 0}}" }${more} }\n`;

describe("include_tasks", () => {
  test("asks its `when` once, though a task inside changes the answer", async () => {
    putFiles(place, { "more.yml": `- { name: set, set_fact: { go: false } }\n${say("then")}` });
    const ran = await run(
      place,
      play(`    - { name: first, set_fact: { go: true } }
    - { name: in, include_tasks: more.yml, when: go }
    - { name: out, include_tasks: more.yml, when: go }
    - { name: imported, import_tasks: more.yml, when: "!go" }
`),
    );
    expect(ran.tasks).toEqual([
      ...["beta: first: ok", "beta: set: ok", "beta: then: ok", "beta: out: skipped"],
      ...["beta: set: ok", "beta: then: ok"],
    ]);
    expect(ran.result.tallies.beta).toMatchObject({ skipped: 1 });
  });

  test("is left out by the `when` round it, though its own words speak of what is not there then", async () => {
    putFiles(place, {
      "outer.yml": `- include_tasks: more.yml
  name: inner
  when: found.rc == 0
- include_tasks: more.yml
  name: each
  loop: "{{found.list}}"
`,
      "more.yml": say("in"),
    });
    const ran = await run(
      place,
      play(`    - { name: never, command: "true", register: found, when: "false" }
    - { name: block, when: "false", block: [{ name: nested, include_tasks: more.yml, when: found.rc == 0 }] }
    - { name: listless, include_tasks: more.yml, loop: "{{found.list}}", when: "false" }
    - { name: outer, import_tasks: outer.yml, when: "false" }
`),
    );
    expect(ran.tasks).toEqual(
      ["never", "nested", "listless", "inner", "each"].map((name) => `beta: ${name}: skipped`),
    );
  });

  test("counts a fault in its own words as ignored where that is said", async () => {
    putFiles(place, { "more.yml": say("in") });
    const ran = await run(
      place,
      play(`    - { name: list, set_fact: { list: { a: 1 } } }
    - { name: broken, include_tasks: more.yml, loop: "{{list}}", ignore_errors: true }
${say("after").replace(/^/, "    ")}`),
    );
    expect(ran.tasks).toEqual(["beta: list: ok", "beta: broken: failed", "beta: after: ok"]);
    expect(ran.result).toMatchObject({ result: "done", tallies: { beta: { failed: 0, ignored: 1 } } });
  });

  test("loops, with each host's own items, and with its variables above set_fact", async () => {
    putFiles(place, {
      "one.yml": `- { name: "{{item}}", copy: { dest: "/{{item}}-{{index}}", content: "{{colour}}" } }\n`,
    });
    const ran = await run(
      place,
      play(
        `    - { set_fact: { colour: red, list: [a, b] } }
    - { set_fact: { list: [a] }, when: 'inventory_hostname == "alpha"' }
    - include_tasks: one.yml
      loop: "{{list}}"
      loop_control: { index_var: index }
      vars: { colour: blue }
      when: 'item != "c"'
`,
        "all",
      ),
    );
    expect(ran.result.failures).toEqual([]);
    expect(place.hosts.beta.tree.read("/b-1")?.toString()).toBe("blue");
    expect(place.hosts.alpha.tree.read("/a-0")?.toString()).toBe("blue");
    expect(place.hosts.alpha.tree.read("/b-1")).toBeUndefined();
  });

  test("never renders an item that a host gave", async () => {
    place.hosts.beta.answer(["list"], "{{colour}}");
    putFiles(place, { "one.yml": `- copy: { dest: /told, content: "{{item}}" }\n` });
    await run(
      place,
      play(`    - { command: list, register: listed }
    - { include_tasks: one.yml, loop: "{{listed.stdout_lines}}" }
`),
    );
    expect(place.hosts.beta.tree.read("/told")?.toString()).toBe("{{colour}}");
  });

  test("reads a file whose name is a template when a host comes to it, each host its own", async () => {
    putFiles(place, {
      "tasks/alpha.yml": say("of alpha"),
      "tasks/beta.yml": `- { include_tasks: "{{inventory_hostname}}-more.yml" }\n`,
      "tasks/beta-more.yml": say("of beta"),
    });
    const ran = await run(place, play(`    - include_tasks: "tasks/{{inventory_hostname}}.yml"\n`, "all"));
    expect(ran.tasks).toEqual(["alpha: of alpha: ok", "beta: of beta: ok"]);
  });

  test("tells a late file's mistakes with their place, and that is a failure that can be rescued", async () => {
    putFiles(place, {
      "late.yml": "- name: odd\n  comand: /bin/true\n- debug: { msg: '{{nohelper x y}}' }\n",
    });
    const ran = await run(
      place,
      play(`    - block: [{ include_tasks: "{{which}}.yml", vars: { which: late } }]
      rescue: [{ name: saved, assert: { that: ['failed_task.module == "include_tasks"'] } }]
    - { name: it, include_tasks: "{{which}}.yml", vars: { which: late } }
`),
    );
    expect(ran.tasks).toEqual(["beta: include_tasks: failed", "beta: saved: ok", "beta: it: failed"]);
    expect(ran.result.failures[0]).toMatchObject({ place: { line: 2, column: 3 } });
    expect(ran.result.failures[0]?.message).toContain("unknown module `comand`");
    expect(ran.result.failures[0]?.message).toContain("nohelper");
  });

  test("ends what includes itself for ever", async () => {
    putFiles(place, { "again.yml": `- include_tasks: "{{which}}.yml"\n` });
    const ran = await run(place, play(`    - { include_tasks: "{{which}}.yml", vars: { which: again } }\n`));
    expect(ran.result.failures[0]?.message).toContain("more than 50 deep");
  });

  test("is chosen by its own tags, and what stands inside by those of `apply`", async () => {
    putFiles(place, { "more.yml": `${say("bare")}${say("own", ", tags: [x]")}` });
    const yaml = play(`    - { include_tasks: more.yml, tags: [x] }
    - { include_tasks: { file: more.yml, apply: { tags: [x], no_log: false } }, tags: [x] }
    - { include_tasks: { file: more.yml, apply: { tags: [x] } } }
    - { import_tasks: more.yml, tags: [x] }
`);
    const ran = await run(place, yaml, { tags: ["x"] });
    expect(ran.tasks).toEqual(["own", "bare", "own", "bare", "own"].map((name) => `beta: ${name}: ok`));
  });

  test("is skipped in check mode where only a real run knows its items", async () => {
    place.hosts.beta.answer(["list"], "a");
    putFiles(place, { "one.yml": say("one") });
    const ran = await run(
      place,
      play(`    - { name: list, command: list, register: listed }
    - { name: each, include_tasks: one.yml, loop: "{{listed.stdout_lines}}" }
`),
      { checkMode: true },
    );
    expect(ran.tasks).toEqual(["beta: list: changed", "beta: each: skipped"]);
  });
});

describe("include_role", () => {
  const roles = {
    "roles/greet/tasks/main.yml": `- { name: main, copy: { dest: "/{{who}}", content: "{{greeting}}" }, notify: heard }\n`,
    "roles/greet/tasks/other.yml": say("other"),
    "roles/greet/defaults/main.yml": "greeting: hello\nwho: you\n",
    "roles/greet/defaults/loud.yml": "greeting: HELLO\nwho: you\n",
    "roles/greet/handlers/main.yml": say("heard"),
  };

  test("runs an entry point once per item, of a role that is only known then, with its handlers", async () => {
    putFiles(place, roles);
    const ran = await run(
      place,
      play(`    - include_role: { name: "{{role}}", vars: { who: "{{item}}" } }
      loop: [a, b]
      vars: { role: greet }
    - include_role: { name: greet, tasks_from: "{{from}}" }
      vars: { from: other }
`),
    );
    expect(ran.result.failures).toEqual([]);
    expect(ran.tasks).toEqual(
      ["main: changed", "main: changed", "other: ok", "heard: ok"].map((one) => `beta: ${one}`),
    );
    expect(place.hosts.beta.tree.read("/b")?.toString()).toBe("hello");
  });

  test("takes other files of defaults, and makes them public", async () => {
    putFiles(place, roles);
    const ran = await run(
      place,
      play(`    - import_role: { name: greet, defaults_from: loud, public: true }
    - { assert: { that: ['greeting == "HELLO"'] } }
`),
    );
    expect(ran.result.failures).toEqual([]);
    expect(place.hosts.beta.tree.read("/you")?.toString()).toBe("HELLO");
  });

  test("may be told to run only once", async () => {
    putFiles(place, roles);
    const once = "    - include_role: { name: greet, tasks_from: other, allow_duplicates: false }\n";
    const often = "    - include_role: { name: greet, tasks_from: other }\n";
    expect((await run(place, play(once + once))).tasks).toHaveLength(1);
    expect((await run(place, play(often + often))).tasks).toHaveLength(2);
  });
});

describe("a role", () => {
  test("runs what it depends on first, once in a play, and sees its variables", async () => {
    putFiles(place, {
      "roles/base/tasks/main.yml": say("base"),
      "roles/base/defaults/main.yml": "base_path: /srv\nshared: base\n",
      "roles/again/meta/main.yml": "allow_duplicates: true\n",
      "roles/again/tasks/main.yml": `- { name: "again {{level}}", debug: { msg: "{{outer_word}}" } }\n`,
      "roles/web/meta/main.yml":
        "galaxy_info: { author: me }\ndependencies:\n  - base\n  - { role: again, vars: { level: 1 } }\n",
      "roles/web/vars/main.yml": "outer_word: of web\n",
      "roles/web/defaults/main.yml": "shared: web\n",
      "roles/web/tasks/main.yml": `- { name: web, assert: { that: ['base_path == "/srv"', 'shared == "web"'] } }\n`,
      "roles/mail/meta/main.yml": "dependencies: [base, { role: again, vars: { level: 1 } }]\n",
      "roles/mail/vars/main.yml": "outer_word: of mail\n",
      "roles/mail/tasks/main.yml": say("mail"),
    });
    const ran = await run(place, "- hosts: new\n  roles: [web, mail, web]\n");
    expect(ran.result.failures).toEqual([]);
    expect(ran.tasks).toEqual(
      ["base", "again {{level}}", "web", "again {{level}}", "mail"].map((name) => `beta: ${name}: ok`),
    );
  });

  test("has vars above those of a play and below those of a task", async () => {
    putFiles(place, {
      "roles/r/vars/main.yml": "a: role\nb: role\nc: role\n",
      "roles/r/tasks/main.yml": `- assert: { that: ['a == "role"', 'b == "task"', 'c == "given"', 'd == "set"', 'e == "entry"', 'f == "task"'] }
  vars: { b: task, c: task, f: task }
`,
    });
    const ran = await run(
      place,
      `- hosts: new
  vars: { a: play, e: play }
  pre_tasks: [{ set_fact: { c: set, d: set } }]
  roles: [{ role: r, c: given, vars: { a: entry, d: entry, e: entry, f: entry } }]
`,
    );
    expect(ran.result.failures).toEqual([]);
  });

  test("takes any other word as a variable, but not a slip of the finger", async () => {
    putFiles(place, {
      "roles/r/defaults/main.yml": "wen: 1\n",
      "roles/r/tasks/main.yml": "- debug: { msg: x }\n",
    });
    const use = (words: string) => run(place, `- hosts: new\n  roles: [{ role: r, ${words} }]\n`);
    expect((await use("wen: 2, colour_of: red")).result.failures).toEqual([]);
    await expect(use("tag: x")).rejects.toMatchObject({
      problems: [{ message: "a role has no `tag`", hint: "did you mean `tags`?", place: { line: 2 } }],
    });
    await expect(use("remote_user: x")).rejects.toMatchObject({
      problems: [{ message: "a role has no `remote_user`" }],
    });
  });

  test("shows its variables to a role that it includes, below that one's own", async () => {
    putFiles(place, {
      "roles/outer/vars/main.yml": "from_outer: yes-it-is\nboth: outer\n",
      "roles/outer/tasks/main.yml": "- include_role: { name: inner }\n",
      "roles/inner/vars/main.yml": "both: inner\n",
      "roles/inner/tasks/main.yml": `- assert: { that: ['from_outer == "yes-it-is"', 'both == "inner"'] }\n`,
    });
    expect((await run(place, "- hosts: new\n  roles: [outer]\n")).result.failures).toEqual([]);
  });
});

test("what is read late is held against the latches too", async () => {
  putFiles(place, { "late.yml": "- command: rm -r /var/vmail/old\n" });
  const ran = await run(place, play(`    - { include_tasks: "{{which}}.yml", vars: { which: late } }\n`));
  expect(ran.result.failures[0]?.message).toContain("nothing here asks the latches");
});
