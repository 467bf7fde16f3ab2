import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { RunEvent } from "../../../src/contract/events.ts";
import type { RunRequest } from "../../../src/engine/request.ts";
import { putFiles } from "./project-files.ts";
import { makePlace, type Place, type Ran, run, silentPrompter } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = answering(makePlace());
});

function answering(made: Place): Place {
  for (const host of Object.values(made.hosts)) {
    for (const word of ["one", "two", "three"]) host.answer([word], `${word} on ${host.name}\n`);
    host.answer(["secret"], "geheim\n");
  }
  return made;
}

const playbook = `- hosts: new
  tasks:
    - { name: first, command: one, register: first }
    - { name: fact, set_fact: { seen: "{{first.stdout}}" } }
    - { name: look, debug: { msg: "{{seen}}" } }
    - { name: each, command: "two {{item}}", loop: [a, b], notify: tell }
- hosts: old,new
  tasks:
    - { name: last, command: "three {{hostvars.beta.seen}}" }
`.replace("notify: tell }\n", "notify: tell }\n  handlers: [{ name: tell, command: three handler }]\n");

const names = ({ tasks }: Ran) => tasks.map((line) => line.split(": ").slice(0, 2).join(": "));

/** Breaks the stage off: the command fails this once. */
async function breakAt(word: string, yaml = playbook, more: Partial<RunRequest> = {}): Promise<Ran> {
  let broken = false;
  for (const host of Object.values(place.hosts)) {
    host.answer(word.split(" "), () => {
      if (broken) return undefined;
      broken = true;
      return { exitCode: 1 };
    });
  }
  const ran = await run(place, yaml, more);
  expect(ran.result.result).toBe("failed");
  return ran;
}

describe("--resume", () => {
  test("adds to the inventory again, and still passes over what was done", async () => {
    const grows = `- hosts: new
  tasks:
    - { name: first, command: one }
    - { name: grow, group_by: { key: fresh } }
- hosts: fresh
  tasks:
    - { name: second, command: two }
    - { name: third, command: three }
`;
    await breakAt("three", grows);
    const resumed = await run(place, grows, { resume: true });
    expect(resumed.result.result).toBe("done");
    expect(names(resumed)).toEqual(["beta: grow", "beta: third"]);
  });

  test("goes on at the first unfinished task, with what was registered and set before", async () => {
    await breakAt("two b");
    const resumed = await run(place, playbook, { resume: true });
    expect(resumed.result.result).toBe("done");
    expect(resumed.events[0]).toMatchObject({
      ...{ type: "run-started", resumed: true },
      failedAt: { host: "beta", task: "each" },
    });
    expect(names(resumed)).toEqual(["beta: each", "beta: tell", "alpha: last", "beta: last"]);
    expect(place.hosts.beta.changesRun()).toContain("three one on beta");
    expect(resumed.events).toContainEqual({
      type: "notice",
      text: 'resuming: 3 tasks that were done are not run again; going on at "each"',
    });
  });

  test("runs a task on those of its hosts alone on which it is not done", async () => {
    place.hosts.alpha.answer(["three"], { exitCode: 1 });
    await run(place, playbook);
    place.hosts.alpha.answer(["three"], "");
    expect(names(await run(place, playbook, { resume: true }))).toEqual(["alpha: last"]);
  });

  test("runs pending handlers, and those that ran not again", async () => {
    await breakAt("three handler");
    expect(names(await run(place, playbook, { resume: true }))).toEqual([
      "beta: tell",
      "alpha: last",
      "beta: last",
    ]);
  });

  test("goes on from where the resumed run came to", async () => {
    await breakAt("two a");
    await breakAt("three one", playbook, { resume: true });
    expect(names(await run(place, playbook, { resume: true }))).toEqual(["alpha: last"]);
  });

  test("goes on behind a failure that its rescue took back", async () => {
    const rescued = `- hosts: new
  tasks:
    - block: [{ name: first, command: one }]
      rescue: [{ name: mend, command: "two {{failed_task.name}}", register: mended }]
    - { name: after, command: three }
    - { name: last, command: "three end {{mended.stdout}}" }
`;
    place.hosts.beta.answer(["one"], { exitCode: 1 });
    await breakAt("three end", rescued);
    expect(names(await run(place, rescued, { resume: true }))).toEqual(["beta: last"]);
    expect(place.hosts.beta.changesRun()).toContain("three end two on beta");
  });

  test("begins with what failed when its rescue failed too, and does not count what lies behind", async () => {
    const rescued = `- hosts: new
  tasks:
    - block: [{ name: first, command: "one {{item}}", loop: [a, b] }]
      rescue: [{ name: mend, command: two }, { name: give up, command: three }]
    - { name: last, command: three end }
`;
    place.hosts.beta.answer(["one", "b"], { exitCode: 1 });
    await breakAt("three", rescued);
    // It fails again: then its rescue goes on, too.
    await breakAt("three", rescued, { resume: true });
    place.hosts.beta.answer(["one", "b"], "");
    const resumed = await run(place, rescued, { resume: true });
    expect(names(resumed)).toEqual(["beta: first", "beta: last"]);
  });

  test("keeps no result of a no_log task, and no known secret; their tasks run again", async () => {
    const yaml = `- hosts: new
  tasks:
    - { name: hidden, command: secret, register: word, no_log: true, changed_when: false }
    - { name: open, command: secret, register: other, changed_when: false }
    - { name: plain, command: one, register: plain }
    - { name: last, command: "three {{word.stdout}} {{other.stdout}} {{plain.stdout}}" }
`;
    const holdsSecret = (text: string) => text.includes("geheim");
    await breakAt("three", yaml, { holdsSecret });
    for (const file of filesIn(place.stateDirectory))
      expect(readFileSync(file, "utf8")).not.toContain("geheim");
    const resumed = await run(place, yaml, { resume: true, holdsSecret });
    expect(names(resumed)).toEqual(["beta: hidden", "beta: open", "beta: last"]);
    expect(
      place.hosts.beta.changesRun().filter((argv) => argv === "three geheim geheim one on beta"),
    ).toHaveLength(2);
  });

  test("leaves no values behind when the stage is done", async () => {
    await run(place, playbook);
    expect(filesIn(place.stateDirectory).filter((file) => file.endsWith("done.jsonl"))).toEqual([]);
  });

  test("refuses what was changed in between, and names it", async () => {
    await breakAt("two b", playbook, { extraVariables: { colour: "red", size: 1 } });
    const changed = playbook.replace("three {{", "three more {{");
    writeFileSync(join(place.directory, "files"), "");
    const resumed = run(place, changed, { resume: true, extraVariables: { colour: "blue", shape: "round" } });
    await expect(resumed).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringMatching(
        /files is new\nplaybook.yml was changed\n-e colour was changed\n-e shape is new\n-e size is gone$/,
      ),
      next: "Run it without --resume: its tasks look first and do what is left.",
      diffs: [
        { path: "files", before: undefined, after: "" },
        { path: "playbook.yml", before: playbook, after: changed },
      ],
    });
  });

  test("keeps no secret of the files it was made from, and shows none", async () => {
    const shown = `- hosts: new
  vars: { db_password: hunter22, api_token: "{{lookup 'env' 'TOKEN'}}", plain: old }
  tasks:
    - { name: first, command: one }
    - { name: last, command: two geheim }
`;
    putFiles(place, {
      "group_vars/all.yml": "private_key: |\n  line of it\n\n  and more\nafter: shown\n",
      "files/id": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
    });
    const holdsSecret = (text: string) => text.includes("geheim");
    await breakAt("two", shown, { holdsSecret });
    const kept = filesIn(place.stateDirectory).map((file) => readFileSync(file, "utf8"));
    for (const secret of ["hunter22", "geheim", "line of it", "and more", "AAAA"]) {
      expect(kept.join("\n")).not.toContain(secret);
    }
    putFiles(place, { "files/id": "-----BEGIN OPENSSH PRIVATE KEY-----\nBBBB\n" });
    const resumed = run(place, shown.replace("plain: old", "plain: new"), { resume: true, holdsSecret });
    const masked = (text: string) => text.replace("hunter22", "********").replace(/.*geheim.*/, "********");
    await expect(resumed).rejects.toMatchObject({
      message: expect.stringMatching(/files\/id was changed\nplaybook.yml was changed$/),
      diffs: [
        {
          path: "playbook.yml",
          before: masked(shown),
          after: masked(shown.replace("plain: old", "plain: new")),
        },
      ],
    });
    await run(place, shown, { holdsSecret });
    expect(filesIn(place.stateDirectory).filter((file) => file.endsWith("inputs.json"))).toEqual([]);
  });

  test("keeps the answers to vars_prompt, but for the private ones", async () => {
    const asks = `- hosts: new
  vars_prompt:
    - { name: colour, prompt: Which colour, private: false }
    - { name: word, prompt: Which word }
  tasks:
    - { name: first, command: "one {{colour}} {{word}}" }
    - { name: last, command: "two {{colour}} {{word}}" }
`;
    const asked: string[] = [];
    const input = async ({ key }: { readonly key: string }) => {
      asked.push(key);
      return key === "word" ? "geheim" : `red${asked.length}`;
    };
    const secrets = new Set<string>();
    const more: Partial<RunRequest> = {
      prompter: { ...silentPrompter, input },
      onSecret: (secret) => void secrets.add(secret),
      holdsSecret: (text) => [...secrets].some((secret) => text.includes(secret)),
    };
    await breakAt("two", asks, more);
    for (const file of filesIn(place.stateDirectory)) {
      expect(readFileSync(file, "utf8")).not.toContain("geheim");
    }
    const resumed = await run(place, asks, { resume: true, ...more });
    expect(resumed.result.result).toBe("done");
    expect(asked).toEqual(["colour", "word", "word"]);
    expect(place.hosts.beta.changesRun().filter((argv) => argv === "two red1 geheim")).toHaveLength(2);
  });

  test("means the tasks that were meant, and does not ask again for what --step refused", async () => {
    const tagged = `- hosts: new
  tasks:
    - { name: first, command: one, tags: a }
    - { name: second, command: two, tags: b }
    - { name: last, command: three, tags: a }
`;
    await breakAt("three", tagged, { tags: ["a"] });
    await expect(run(place, tagged, { resume: true })).rejects.toMatchObject({
      message: expect.stringContaining("that was --tags a"),
      next: "Resume it with --tags a.",
    });
    expect(names(await run(place, tagged, { resume: true, tags: ["a"] }))).toEqual(["beta: last"]);
    const answers = ["y", "n", "c"];
    const prompter = { ...silentPrompter, input: async () => answers.shift() ?? "" };
    await breakAt("three", tagged, { step: true, prompter });
    expect(names(await run(place, tagged, { resume: true }))).toEqual(["beta: last"]);
  });

  test("has nothing to go on from when the stage is done, was never begun, or was followed by another", async () => {
    const stages = `name: example
stages:
  - { name: main, plays: [{ hosts: new, tasks: [{ name: a, command: one }] }] }
  - { name: next, plays: [{ hosts: new, tasks: [{ name: b, command: two }] }] }
`;
    await expect(run(place, stages, { resume: true })).rejects.toThrow("main was not begun");
    await breakAt("one", stages);
    await run(place, stages, { stage: "next" });
    await expect(run(place, stages, { resume: true })).rejects.toThrow("main was followed by stage next");
    await run(place, stages);
    await expect(run(place, stages, { resume: true })).rejects.toThrow("main is done");
  });
});

describe("--resume where servers are stopped", () => {
  const cutover = `name: example
stages:
  - name: main
    confirm: sure
    plays:
      - hosts: old
        tasks:
          - { name: freeze, copy: { dest: /frozen, content: "yes" } }
          - { name: carry, command: one }
          - { name: probe, command: two, changed_when: false }
          - { name: open, command: three }
`;
  const prompter = { ...silentPrompter, typed: async () => true };

  test("looks again at all that can look, and does not do twice what can't", async () => {
    await breakAt("three", cutover, { prompter });
    const resumed = await run(place, cutover, { resume: true, prompter });
    expect(resumed.tasks).toEqual(["alpha: freeze: ok", "alpha: probe: ok", "alpha: open: changed"]);
  });

  test("runs everything from where the world was found changed", async () => {
    await breakAt("three", cutover, { prompter });
    place.hosts.alpha.tree.entries.delete("/frozen");
    const resumed = await run(place, cutover, { resume: true, prompter });
    expect(names(resumed)).toEqual(["alpha: freeze", "alpha: carry", "alpha: probe", "alpha: open"]);
  });
});

describe("a controller killed at any moment", () => {
  test("is gone on from, whatever stands in its state by then", async () => {
    const snapshots: { event: RunEvent; directory: string; ran: number }[] = [];
    const listener = (event: RunEvent) => {
      const directory = join(place.directory, `killed-${snapshots.length}`);
      cpSync(place.stateDirectory, directory, { recursive: true });
      snapshots.push({ event, directory, ran: place.hosts.beta.changesRun().length });
    };
    const whole = await run(place, playbook, { listeners: [listener] });
    expect(whole.result.result).toBe("done");
    const all = place.hosts.beta.changesRun().filter((argv) => /^(one|two|three)/.test(argv));
    const begun = snapshots.filter(({ directory }) => readdirSync(directory).includes("journal.jsonl"));
    for (const { event, directory } of begun.filter(({ event }) => /^task-|^play-/.test(event.type))) {
      const after = { ...answering(makePlace()), directory: place.directory, stateDirectory: directory };
      const resumed = await run(after, playbook, { resume: true, breakLock: true });
      expect(resumed.result.result, event.type).toBe("done");
      const done = after.hosts.beta.changesRun().filter((argv) => /^(one|two|three)/.test(argv));
      // What it ran is an end of the whole run's work: nothing is left out behind the point where it goes on.
      expect(all.slice(-done.length), event.type).toEqual(done);
      expect(done.at(-1)).toBe("three one on beta");
    }
  });

  test("loses no more than the line that was cut short", async () => {
    await breakAt("three one");
    const file = filesIn(place.stateDirectory).find((name) => name.endsWith("done.jsonl")) ?? "";
    const lines = readFileSync(file, "utf8").split("\n");
    for (let count = 1; count < lines.length; count += 1) {
      writeFileSync(file, `${lines.slice(0, count).join("\n")}\n${lines[count]?.slice(0, 9) ?? ""}`);
      const directory = join(place.directory, `cut-${count}`);
      cpSync(place.stateDirectory, directory, { recursive: true });
      const resumed = await run({ ...place, stateDirectory: directory }, playbook, { resume: true });
      expect(resumed.result.result).toBe("done");
    }
    expect(lines.length).toBeGreaterThan(6);
  });
});

function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((path) => statSync(path).isFile());
}
