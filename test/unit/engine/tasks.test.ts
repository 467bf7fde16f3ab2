import { beforeEach, describe, expect, test } from "vitest";
import { OutcomeUnknown, Refused } from "../../../src/contract/errors.ts";
import { makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});

const play = (tasks: string, more = "") => `- hosts: new\n${more}  tasks:\n${tasks}`;

describe("a task", () => {
  test("runs on each host of its play, and twice changes nothing the second time", async () => {
    const yaml =
      "- hosts: all\n  tasks:\n    - name: greet\n      copy: { dest: /etc/motd, content: hello }\n";
    expect((await run(place, yaml)).tasks).toEqual(["alpha: greet: changed", "beta: greet: changed"]);
    expect(place.hosts.beta.tree.read("/etc/motd")?.toString()).toBe("hello");
    expect((await run(place, yaml)).tasks).toEqual(["alpha: greet: ok", "beta: greet: ok"]);
  });

  test("is skipped by `when`, and what it registers says so", async () => {
    const ran = await run(
      place,
      play(`    - { name: a, command: "false-command", when: "1 == 2", register: a }
    - { name: b, debug: { msg: "{{cel 'a.skipped ? \\"skipped\\" : \\"ran\\"'}}" }, when: a.skipped }
`),
    );
    expect(ran.tasks).toEqual(["beta: a: skipped", "beta: b: ok"]);
  });

  test("goes through a loop and registers every result", async () => {
    place.hosts.beta.answer(["echo"], ({ argv }) => argv.slice(1).join(" "));
    const ran = await run(
      place,
      play(`    - { name: say, command: "echo {{item}}", loop: [one, two], register: said }
    - { name: both, assert: { that: ['said.results.map(r, r.stdout) == ["one", "two"]'] } }
`),
    );
    expect(ran.result.result).toBe("done");
    expect(ran.tasks).toEqual(["beta: say: changed", "beta: say: changed", "beta: both: ok"]);
  });

  test("leaves out an argument whose value is null", async () => {
    const ran = await run(
      place,
      play(`    - { name: set, vars: { who: null }, copy: { dest: /x, content: x, owner: "{{who}}" } }
`),
    );
    expect(ran.tasks).toEqual(["beta: set: changed"]);
  });

  test("decides what does not speak of the item before it looks at the loop", async () => {
    const ran = await run(
      place,
      play(`    - { name: gone, command: gone, register: gone, when: "1 == 2" }
    - { name: loop, command: "echo {{item}}", loop: "{{gone.stdout_lines}}", when: "1 == 2" }
`),
    );
    expect(ran.tasks).toEqual(["beta: gone: skipped", "beta: loop: skipped"]);
  });

  test("tries again until its condition holds", async () => {
    let asked = 0;
    place.hosts.beta.answer(["count"], () => String(++asked));
    const ran = await run(
      place,
      play(`    - name: wait
      command: count
      register: counted
      until: counted.stdout == "3"
      retries: 5
      delay: 0
`),
    );
    expect(asked).toBe(3);
    expect(ran.result.result).toBe("done");
    expect(ran.events.filter((event) => event.type === "task-retry")).toHaveLength(2);
  });

  test("fails when its condition never holds, and says which", async () => {
    place.hosts.beta.answer(["count"], "0");
    const ran = await run(
      place,
      play(`    - { name: wait, command: count, register: c, until: 'c.stdout == "3"', retries: 1, delay: 0 }
`),
    );
    expect(ran.result.result).toBe("failed");
    expect(ran.result.failures[0]?.message).toContain('c.stdout == "3"');
  });

  test("is judged by failed_when and changed_when", async () => {
    place.hosts.beta.answer(["look"], { exitCode: 3, stdout: "odd" });
    const ran = await run(
      place,
      play(`    - { name: a, command: look, register: a, failed_when: a.rc > 3, changed_when: "false" }
    - { name: b, command: look, register: b, failed_when: b.rc == 3, ignore_errors: true }
    - { name: c, assert: { that: [a.rc == 3, b.failed] } }
`),
    );
    expect(ran.tasks).toEqual(["beta: a: ok", "beta: b: failed", "beta: c: ok"]);
    expect(ran.result.result).toBe("done");
  });

  test("stays failed, whatever failed_when says, when it was no exit code that failed", async () => {
    place.hosts.beta.answer(["look"], () => new Refused("new was opened"));
    const ran = await run(
      place,
      play("    - { name: a, command: look, register: a, failed_when: a.changed }\n"),
    );
    expect(ran.tasks).toEqual(["beta: a: failed"]);
    expect(ran.result.failures[0]).toMatchObject({ kind: "refused" });
  });

  test("runs somewhere else by delegate_to, with its own host's variables", async () => {
    const ran = await run(
      place,
      play(`    - { name: there, delegate_to: "{{old_host}}", copy: { dest: /where, content: "{{colour}}" } }
`),
    );
    expect(ran.result.result).toBe("done");
    expect(place.hosts.alpha.tree.read("/where")?.toString()).toBe("beta-colour");
  });

  test("never renders what a host returned", async () => {
    place.hosts.beta.answer(["name"], "{{old_host}} $(id)");
    await run(
      place,
      play(`    - { command: name, register: told }
    - { copy: { dest: /told, content: "{{told.stdout}}" } }
`),
    );
    expect(place.hosts.beta.tree.read("/told")?.toString()).toBe("{{old_host}} $(id)");
  });

  test("shows nothing of itself with no_log", async () => {
    place.hosts.beta.answer(["tell"], { exitCode: 1, stderr: "canary" });
    const ran = await run(place, play("    - { command: tell, no_log: true }\n"));
    expect(JSON.stringify(ran.events)).not.toContain("canary");
  });
});

describe("a block", () => {
  const yaml = play(`    - block:
        - { name: breaks, command: breaks }
        - { name: after, command: after }
      rescue:
        - { name: mends, copy: { dest: /mended, content: "x" } }
      always:
        - { name: tidies, copy: { dest: /tidied, content: "x" } }
`);

  test("is rescued, and always ends with always", async () => {
    place.hosts.beta.answer(["breaks"], { exitCode: 1 });
    const ran = await run(place, yaml);
    expect(ran.tasks).toEqual(["beta: breaks: failed", "beta: mends: changed", "beta: tidies: changed"]);
    expect(ran.result.result).toBe("done");
    expect(ran.result.tallies.beta).toMatchObject({ rescued: 1, changed: 2 });
  });
});

describe("handlers", () => {
  const yaml = play(
    `    - { name: set, copy: { dest: /conf, content: "1" }, notify: reload }
    - { name: breaks, command: breaks }
`,
    "  handlers:\n    - { name: reload, command: reload }\n",
  );

  test("run once at the end; those of a failed run are run by the next one", async () => {
    place.hosts.beta.answer(["breaks"], { exitCode: 1 });
    place.hosts.beta.answer(["reload"], "");
    expect((await run(place, yaml)).result.result).toBe("failed");
    expect(place.hosts.beta.changesRun()).not.toContain("reload");

    place.hosts.beta.answer(["breaks"], "");
    expect((await run(place, yaml)).tasks.at(-1)).toBe("beta: reload: changed");
    expect((await run(place, yaml)).tasks.at(-1)).toBe("beta: breaks: changed");
  });
});

describe("a lost link", () => {
  test("makes the module look again, and what is already so is not done twice", async () => {
    const { beta } = place.hosts;
    const write = beta.writeFile.bind(beta);
    let writes = 0;
    beta.writeFile = async (path, content, options) => {
      await write(path, content, options);
      if (path === "/etc/motd" && ++writes === 1) throw new OutcomeUnknown("the link to beta was lost");
    };
    const ran = await run(place, play("    - { name: greet, copy: { dest: /etc/motd, content: hi } }\n"));
    expect(ran.tasks).toEqual(["beta: greet: changed"]);
    expect(writes).toBe(1);
  });

  test("ends a command as unknown, never as ok", async () => {
    place.hosts.beta.answer(["charge"], () => new OutcomeUnknown("the link to beta was lost"));
    const ran = await run(place, play("    - { name: charge, command: charge }\n"));
    expect(ran.tasks).toEqual(["beta: charge: unknown"]);
    expect(ran.result.result).toBe("failed");
    expect(place.hosts.beta.changesRun().filter((line) => line === "charge")).toHaveLength(1);
  });
});

describe("check mode", () => {
  test("writes nothing, anywhere, and says what would change", async () => {
    const yaml = play(
      `    - { name: set, copy: { dest: /conf, content: "1" }, register: set, notify: reload }
    - { name: shown, debug: { msg: "{{set.dest}}" } }
`,
      "  handlers:\n    - { name: reload, command: reload }\n",
    );
    const ran = await run(place, yaml, { checkMode: true });
    expect(ran.tasks).toEqual(["beta: set: changed", "beta: shown: skipped"]);
    expect(place.hosts.beta.writes).toEqual([]);
    expect(place.hosts.beta.changesRun()).toEqual([]);
    expect(place.hosts.alpha.changesRun()).toEqual([]);
  });
});
