import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { connectTo, fakeHost, makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
  fakeHost(place, "beta").answer(["work"], "");
});

/** Whether the hosts were asked for their programs' versions in a run of these tasks. */
async function asksPrograms(tasks: string, vars = ""): Promise<boolean> {
  const asked = new Set<boolean | undefined>();
  const connect = connectTo(place);
  await run(place, `- hosts: new\n${vars}  tasks:\n${tasks}`, {
    connect: (spec, signal, wanted) => {
      asked.add(wanted?.allFacts);
      return connect(spec, signal);
    },
  });
  expect(asked.size).toBe(1);
  return asked.has(true);
}

describe("the versions of programs", () => {
  test("are not asked for when nothing speaks of facts", async () => {
    expect(await asksPrograms("    - command: work\n    - debug: { msg: hello }\n")).toBe(false);
  });

  test.each([
    ["a condition", "    - command: work\n      when: facts.versions.rsync != ''\n"],
    ["a template", '    - debug: { msg: "{{facts.hostname}}" }\n'],
    ["another host's facts", '    - debug: { msg: "{{hostvars.alpha.facts.hostname}}" }\n'],
    [
      "a loop in a block",
      '    - block:\n        - debug: { msg: "{{item}}" }\n          loop: "{{keys facts}}"\n',
    ],
    ["an inventory read anew", "    - meta: refresh_inventory\n"],
  ])("are asked for with %s", async (_what, tasks) => {
    expect(await asksPrograms(tasks)).toBe(true);
  });

  test("are asked for with a variable of the play", async () => {
    const vars = '  vars: { kernel: "{{facts.kernel}}" }\n';
    expect(await asksPrograms("    - command: work\n", vars)).toBe(true);
  });

  test("are asked for with a template's file, which is read later", async () => {
    mkdirSync(join(place.directory, "templates"));
    writeFileSync(join(place.directory, "templates", "motd.hbs"), "{{facts.versions.rsync}}");
    expect(await asksPrograms("    - template: { src: motd.hbs, dest: /etc/motd }\n")).toBe(true);
  });
});
