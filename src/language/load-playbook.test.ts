import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placeIn } from "../expression/placed-values.ts";
import { loadPlaybook } from "./load-playbook.ts";
import type { Block, Task, TaskNode } from "./model/task.ts";
import { fewModules } from "./testing/few-modules.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-playbook-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

async function load(text: string, files: Readonly<Record<string, string>> = {}) {
  write({ "playbooks/play.yml": text, ...files });
  const context = { modules: fewModules, roleDirectories: [join(directory, "roles")] };
  return (await loadPlaybook(join(directory, "playbooks/play.yml"), context)).playbook;
}

describe("loadPlaybook", () => {
  it("takes a list of plays as one stage named main", async () => {
    const playbook = await load("- hosts: new\n  tasks:\n    - debug: { msg: a }\n");
    expect(playbook).toMatchObject({ name: "play", vars: {}, stages: [{ name: "main", repeatable: true }] });
    expect(playbook.stages[0]?.plays[0]).toMatchObject({
      name: "new",
      hosts: { text: "new" },
      gatherFacts: "missing",
    });
  });

  it("takes what the command line gives for a role's default that would not do", async () => {
    const file = join(directory, "playbooks/play.yml");
    write({
      "playbooks/play.yml": "- { hosts: new, roles: [relay] }\n",
      "roles/relay/defaults/main.yml": 'checkout: ""\n',
      "roles/relay/arguments.yml":
        "type: object\nrequired: [checkout]\nproperties:\n  checkout: { type: string, minLength: 1 }\n",
      "roles/relay/tasks/main.yml": "- command: /bin/true\n",
    });
    const context = { modules: fewModules, roleDirectories: [join(directory, "roles")] };
    await expect(loadPlaybook(file, context)).rejects.toThrow("`checkout` is empty");
    const given = { ...context, extraVariables: ["checkout"] };
    expect((await loadPlaybook(file, given)).playbook.stages).toHaveLength(1);
  });

  it("reads stages with all their words", async () => {
    const playbook = await load(`name: Move
vars: { directory: /var/vmail }
stages:
  - name: hot-copy
    description: Copy.
    repeatable: true
    plays: [{ hosts: [old, new], tasks: [] }]
  - name: verify
    requires: [hot-copy, { stage: hot-copy, within: 24h }]
    confirm: "{{old_host}} stops."
    plays: [{ hosts: new, gather_facts: false, become: true, become_user: mail, tags: "a, b" }]
    rollback: [{ hosts: old, tasks: [{ debug: { msg: a } }] }]
`);
    const [hot, verify] = playbook.stages;
    expect(playbook.vars).toEqual({ directory: "/var/vmail" });
    expect(placeIn(playbook.vars, "/directory")).toMatchObject({ line: 2, column: 20 });
    expect(hot).toMatchObject({
      description: "Copy.",
      repeatable: true,
      plays: [{ hosts: { text: "old,new" } }],
    });
    expect(verify?.requires).toMatchObject([
      { stage: "hot-copy" },
      { stage: "hot-copy", withinSeconds: 86_400 },
    ]);
    expect(verify?.confirm).toMatchObject({ text: "{{old_host}} stops.", place: { line: 10, column: 15 } });
    expect(verify?.plays[0]).toMatchObject({
      gatherFacts: "nothing",
      become: true,
      becomeUser: "mail",
      tags: ["a", "b"],
    });
    expect(tasksOf(verify?.rollback[0]?.tasks)[0]?.id).toBe("rollback-p1.tasks.1");
  });

  it("reads a task with all its words", async () => {
    const playbook = await load(`- hosts: new
  tasks:
    - name: Do it
      command: /bin/true {{item}}
      when: [check_mode, "1 == 1"]
      register: done
      loop: "{{groups.all}}"
      loop_control: { loop_var: one, label: "{{one}}" }
      notify: tell
      until: done.rc == 0
      retries: 4
      delay: 2m
      changed_when: false
      failed_when: done.rc > 1
      timeout: 90
      check_mode: false
      delegate_to: "{{old_host}}"
      become: true
      no_log: true
      ignore_errors: true
      run_once: true
      tags: [x]
      vars: { a: 1 }
  handlers:
    - name: tell
      listen: [telling]
      debug: { msg: told }
`);
    const play = playbook.stages[0]?.plays[0];
    const [task] = tasksOf(play?.tasks);
    expect(task).toMatchObject({
      kind: "task",
      id: "p1.tasks.1",
      name: "Do it",
      module: "command",
      args: { values: { cmd: "/bin/true {{item}}" } },
      when: [{ text: "check_mode" }, { text: "1 == 1" }],
      register: "done",
      loop: { items: "{{groups.all}}", variable: "one", label: { text: "{{one}}" } },
      notify: ["tell"],
      until: [{ text: "done.rc == 0" }],
      retries: 4,
      delay: 120,
      changedWhen: [{ text: "false" }],
      failedWhen: [{ text: "done.rc > 1", place: { line: 14, column: 20 } }],
      timeout: 90,
      checkMode: false,
      delegateTo: { text: "{{old_host}}" },
      become: true,
      noLog: true,
      ignoreErrors: true,
      runOnce: true,
      tags: ["x"],
      vars: { a: 1 },
      place: { line: 3, column: 7 },
    });
    expect(task?.args.placeOf("/cmd")).toMatchObject({ line: 4, column: 16 });
    expect(play?.handlers).toMatchObject([{ id: "p1.handlers.1", name: "tell", listen: ["telling"] }]);
  });

  it("reads a role's entry point with its defaults, parameters, arguments and handlers", async () => {
    const playbook = await load(
      `- hosts: new
  pre_tasks: [{ debug: { msg: a } }]
  roles:
    - maildir
    - { role: maildir, tasks_from: hot, vars: { level: 2 }, when: check_mode, tags: [copy] }
  tasks:
    - include_role: { name: maildir, tasks_from: hot }
  post_tasks: [{ debug: { msg: z } }]
`,
      {
        "roles/maildir/defaults/main.yml": "level: 1\n",
        "roles/maildir/arguments.yml": "type: object\nproperties:\n  level: { type: integer }\n",
        "roles/maildir/tasks/main.yml": "- command: /bin/true\n  notify: reload\n",
        "roles/maildir/tasks/hot.yml": "- command: /bin/true\n",
        "roles/maildir/handlers/main.yml": "- name: reload\n  command: /bin/true\n",
      },
    );
    const play = playbook.stages[0]?.plays[0];
    expect(play?.tasks.flatMap(idsOf)).toEqual([
      "p1.pre.1",
      "p1.roles.1.maildir-main.1",
      "p1.roles.2.maildir-hot.1",
      "p1.tasks.1.maildir-hot.1",
      "p1.post.1",
    ]);
    expect(play?.handlers.map(({ id, role }) => [id, role?.name])).toEqual([
      ["p1.handlers.maildir.1", "maildir"],
    ]);
    const [, , , hot] = play?.tasks ?? [];
    expect(hot).toMatchObject({ kind: "block", when: [{ text: "check_mode" }], tags: ["copy"] });
    expect((hot as Block).block[0]?.role).toMatchObject({
      name: "maildir",
      directory: join(directory, "roles/maildir"),
      defaults: { level: 1 },
      entryVars: { level: 2 },
      parameters: {},
      argumentsSchema: { type: "object" },
    });
  });

  it("reads blocks and included files, relative to the file that includes them", async () => {
    const playbook = await load(
      `- hosts: new
  tasks:
    - when: check_mode
      block: [{ debug: { msg: a } }, { include_tasks: ../tasks/more.yml }]
      rescue: [{ debug: { msg: b } }]
      always: [{ debug: { msg: c } }]
`,
      {
        "tasks/more.yml": "- import_tasks: deeper.yml\n",
        "tasks/deeper.yml": "- debug: { msg: d }\n- debug: { msg: e }\n",
      },
    );
    const [block] = playbook.stages[0]?.plays[0]?.tasks ?? [];
    expect(block).toMatchObject({ kind: "block", when: [{ text: "check_mode" }] });
    expect(idsOf(block as TaskNode)).toEqual([
      "p1.tasks.1.1",
      "p1.tasks.1.2.1.1",
      "p1.tasks.1.2.1.2",
      "p1.tasks.1.rescue.1",
      "p1.tasks.1.always.1",
    ]);
  });

  it("checks what is not a template and leaves the rest for the run", async () => {
    const text =
      '- hosts: new\n  tasks:\n    - copy: { content: a, dest: "{{dest}}", mode: "{{mode}}" }\n    - copy: { content: a, dest: "{{dest}}", mode: 8 }\n';
    await expect(load(text)).rejects.toMatchObject({ problems: [{ place: { line: 4, column: 51 } }] });
  });

  it("tells all problems of all files at once", async () => {
    const promise = load("- hosts: new\n  roles: [maildir, nobody]\n  tasks:\n    - comand: x\n", {
      "roles/maildir/tasks/main.yml": "- shel: x\n",
    });
    await expect(promise).rejects.toMatchObject({
      problems: [
        { message: "unknown role `nobody`" },
        { message: "unknown module `comand`" },
        { message: "unknown module `shel`" },
      ],
    });
  });
});

function tasksOf(nodes: readonly TaskNode[] = []): Task[] {
  return nodes.filter((node) => node.kind === "task");
}

function idsOf(node: TaskNode): string[] {
  if (node.kind === "meta" && node.implicit) return [];
  return node.kind !== "block" ? [node.id] : [...node.block, ...node.rescue, ...node.always].flatMap(idsOf);
}
