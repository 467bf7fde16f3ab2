import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Refused } from "../../../src/contract/errors.ts";
import type { Prompter } from "../../../src/contract/prompter.ts";
import { makePlace, type Place, run, silentPrompter } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
  place.hosts.alpha.answer(["show"], "");
  place.hosts.beta.answer(["show"], "");
});

const file = (name: string, text: string) => writeFileSync(join(place.directory, name), text);

/** What `show` was called with on a host. */
const shown = (host: "alpha" | "beta") =>
  place.hosts[host].commands.flatMap(({ argv }) => (argv[0] === "show" ? [argv.slice(1).join(" ")] : []));

const show = (words: string, what = "{{x}}") => `- hosts: new
${words}  tasks: [{ name: show, command: 'show ${what}' }]
`;

describe("vars_files", () => {
  test("are relative to the playbook, render their values, and the last one wins over the play's vars", async () => {
    file("one.yml", 'x: one\ny: "{{x}} of {{z}}"\n');
    file("two.yml", "x: two\n");
    await run(
      place,
      show("  vars: { x: play, z: play }\n  vars_files: [one.yml, two.yml]\n", "{{x}}, {{y}}"),
    );
    expect(shown("beta")).toEqual(["two, two of play"]);
  });

  test("of a list inside the list, the first that is there counts", async () => {
    file("default.yml", "x: default\n");
    await run(place, show("  vars_files: [[missing.yml, default.yml]]\n"));
    expect(shown("beta")).toEqual(["default"]);
  });

  test("whose name is a template are each host's own", async () => {
    file("alpha.yml", "x: of alpha\n");
    file("default.yml", "x: of all\n");
    const yaml = show('  vars_files: [["{{inventory_hostname}}.yml", default.yml]]\n');
    await run(place, yaml.replace("new", "all"));
    expect([shown("alpha"), shown("beta")]).toEqual([["of alpha"], ["of all"]]);
  });

  test("whose name is a template and that are not there fail the host", async () => {
    const ran = await run(place, show('  vars_files: ["{{inventory_hostname}}.yml"]\n'));
    expect(ran.result.failures[0]?.message).toBe("there is no file beta.yml");
    expect(ran.tasks).toEqual([]);
  });

  test("whose name is a template don't lead out of the project", async () => {
    const ran = await run(place, show('  vars: { to: ../secret }\n  vars_files: ["{{to}}.yml"]\n'));
    expect(ran.result.failures[0]?.message).toBe("../secret.yml leads out of the project");
  });

  test("and the play's vars can say which hosts it is for", async () => {
    file("one.yml", "side: new\n");
    await run(
      place,
      show('  vars: { which: "{{side}}" }\n  vars_files: one.yml\n', "it").replace("new", '"{{which}}"'),
    );
    expect([shown("alpha"), shown("beta")]).toEqual([[], ["it"]]);
  });

  test("lose against -e and role parameters", async () => {
    file("one.yml", "x: file\n");
    await run(place, show("  vars_files: one.yml\n"), { extraVariables: { x: "given" } });
    expect(shown("beta")).toEqual(["given"]);
  });
});

describe("vars_prompt", () => {
  /** Answers in this order, and keeps what was asked. */
  function answering(...answers: string[]) {
    const asked: { key: string; message: string; secret?: boolean }[] = [];
    const prompter: Prompter = {
      ...silentPrompter,
      async input(question) {
        asked.push(question);
        const answer = answers.shift();
        if (answer === undefined) throw new Refused("nobody to ask");
        return answer;
      },
    };
    return { prompter, asked };
  }

  test("asks once for all hosts; what is typed is never rendered, and is masked", async () => {
    const { prompter, asked } = answering("a{{b}}");
    const secrets: string[] = [];
    const yaml = show("  vars_prompt: [{ name: x, prompt: Say x }]\n").replace("new", "all");
    await run(place, yaml, { prompter, onSecret: (value) => secrets.push(value) });
    expect(asked).toEqual([{ key: "x", message: "Say x", secret: true }]);
    expect([...shown("alpha"), ...shown("beta")]).toEqual(["a{{b}}", "a{{b}}"]);
    expect(secrets).toEqual(["a{{b}}"]);
  });

  test("takes the default where nothing is typed, and where nobody is there", async () => {
    const yaml = show("  vars_prompt: [{ name: x, default: 7, private: false }]\n");
    const { prompter, asked } = answering("");
    await run(place, yaml, { prompter });
    await run(place, yaml);
    expect(asked).toEqual([{ key: "x", message: "x [7]", secret: false }]);
    expect(shown("beta")).toEqual(["7", "7"]);
  });

  test("is refused without a default where nobody is there, before anything ran", async () => {
    await expect(run(place, show("  vars_prompt: [{ name: x }]\n"))).rejects.toThrow("nobody to ask");
    expect(shown("beta")).toEqual([]);
  });

  test("asks twice with confirm, until both answers are the same", async () => {
    const { prompter, asked } = answering("a", "b", "c", "c");
    await run(place, show("  vars_prompt: [{ name: x, confirm: true }]\n"), { prompter });
    expect(asked).toHaveLength(4);
    expect(shown("beta")).toEqual(["c"]);
  });

  test("does not ask for what -e gives", async () => {
    const { prompter, asked } = answering();
    const yaml = show("  vars_prompt: [{ name: x }]\n");
    await run(place, yaml, { prompter, extraVariables: { x: "given" } });
    expect(asked).toEqual([]);
    expect(shown("beta")).toEqual(["given"]);
  });
});
