import { existsSync } from "node:fs";
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
    const finished = async () => (await run(place, yaml)).tasks.toSorted();
    expect(await finished()).toEqual(["alpha: greet: changed", "beta: greet: changed"]);
    expect(place.hosts.beta.tree.read("/etc/motd")?.toString()).toBe("hello");
    expect(await finished()).toEqual(["alpha: greet: ok", "beta: greet: ok"]);
  });

  test("shows what its command writes while it runs, when that is wanted, and never under no_log", async () => {
    place.hosts.beta.answer(["talk"], "one\ntwo\n");
    const yaml = play(
      "    - { name: talk, command: talk }\n    - { name: hush, command: talk, no_log: true }\n",
    );
    const shown = (await run(place, yaml, { showsOutput: true })).events.filter(
      ({ type }) => type === "task-output",
    );
    expect(shown).toMatchObject([{ task: { name: "talk" }, host: "beta", lines: ["one", "two"] }]);
    const silent = (await run(place, yaml)).events.filter(({ type }) => type === "task-output");
    expect(silent).toEqual([]);
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

  test("registers the same words when there is nothing to do, and looks for them only then", async () => {
    place.hosts.beta.answer(["getent", "group"], "vmail:x:5000:\n");
    const ran = await run(
      place,
      play(`    - { name: group, group: { name: vmail }, register: made }
    - { name: known, assert: { that: ['made.gid == 5000 && !made.changed'] } }
    - { name: again, group: { name: vmail } }
`),
    );
    expect(ran.tasks).toEqual(["beta: group: ok", "beta: known: ok", "beta: again: ok"]);
    expect(place.hosts.beta.commands.filter(({ argv }) => argv[0] === "getent")).toHaveLength(3);
  });

  test("tells each secret argument before its module gets it", async () => {
    const secrets: string[] = [];
    place.hosts.beta.answer(["/bin/sh", "-c"], () => {
      secrets.push("asked the host");
      return "";
    });
    place.hosts.beta.answer(["useradd"], "");
    place.hosts.beta.answer(["chpasswd"], "");
    const yaml = play(`    - { name: anna, user: { name: anna, password: "$6$salt$hash" } }\n`);
    const ran = await run(place, yaml, { onSecret: (value: string) => void secrets.push(value) });
    expect(ran.tasks).toEqual(["beta: anna: changed"]);
    expect(secrets.slice(0, 2)).toEqual(["$6$salt$hash", "asked the host"]);
    expect(JSON.stringify(ran.events)).not.toContain("salt");
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
  test("leaves what asks for a command's output for the real run", async () => {
    const ran = await run(
      place,
      play(`    - { name: judged, command: work, register: c, changed_when: c.rc == 2, failed_when: c.rc == 3 }
    - { name: awaited, command: work, register: d, until: 'd.stdout == "x"', retries: 9 }
    - { name: known, command: work, register: e, changed_when: false }
    - { name: if it changed, debug: { msg: x }, when: d.changed }
    - { name: if it did not, debug: { msg: x }, when: "!e.changed" }
    - { name: by its code, debug: { msg: x }, when: c.rc == 0 }
`),
      { checkMode: true },
    );
    expect(ran.tasks).toEqual([
      "beta: judged: changed",
      "beta: awaited: changed",
      "beta: known: ok",
      "beta: if it changed: skipped",
      "beta: if it did not: ok",
      "beta: by its code: skipped",
    ]);
  });

  test("writes nothing, anywhere, and says what would change, the handlers' part too", async () => {
    const yaml = play(
      `    - { name: set, copy: { dest: /conf, content: "1" }, register: set, notify: reload }
    - { name: known by now, assert: { that: ['set.dest == "/conf"', "set.size == 1", "set.changed"] } }
    - { name: shown, debug: { msg: "{{set.backup_file}}" } }
    - { name: look, command: look, notify: never called }
    - { name: make, command: { cmd: make, creates: /made }, notify: reload }
`,
      `  handlers:
    - { name: reload, copy: { dest: /reloaded, content: "1" }, notify: last }
    - { name: last, command: { cmd: last, creates: /last } }
    - { name: never called, command: { cmd: never, creates: /never } }
`,
    );
    const ran = await run(place, yaml, { checkMode: true });
    expect(ran.tasks).toEqual([
      "beta: set: changed",
      "beta: known by now: ok",
      "beta: shown: skipped",
      "beta: look: changed",
      "beta: make: changed",
      "beta: reload: changed",
      "beta: last: changed",
    ]);
    expect(existsSync(place.stateDirectory)).toBe(false);
    expect(place.hosts.beta.writes).toEqual([]);
    expect(place.hosts.beta.changesRun()).toEqual([]);
    expect(place.hosts.alpha.changesRun()).toEqual([]);
  });
});
