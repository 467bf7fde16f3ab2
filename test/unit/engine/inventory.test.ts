import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadInventory } from "../../../src/language/inventory/load-inventory.ts";
import { makePlace, run } from "./run-playbook.ts";

const web = ["w1", "w2", "w3"];

describe("host patterns in a run", () => {
  it("choose hosts of plays and of --limit alike", async () => {
    const yaml = `
- hosts: "all:!old:!new"
  tasks: [{ name: say, debug: { msg: hello } }]
`;
    expect((await run(makePlace(web), yaml)).tasks).toEqual(web.map((name) => `${name}: say: ok`));
    const limited = await run(makePlace(web), yaml, { limit: "web[1:]:!w3" });
    expect(limited.tasks).toEqual(["w2: say: ok"]);
    await expect(run(makePlace(web), yaml, { limit: "w4" })).rejects.toThrow("no group or host `w4`");
    await expect(run(makePlace(web), yaml, { limit: "x*" })).rejects.toThrow("--limit: `x*` matches no host");
  });

  it("skip a play of a list that they match nothing for, and say so", async () => {
    const { tasks, events, result } = await run(
      makePlace(),
      `
- { name: nobody, hosts: "db*", tasks: [{ debug: { msg: hello } }] }
- { name: somebody, hosts: alpha, tasks: [{ name: say, debug: { msg: hello } }] }
`,
    );
    expect([result.result, ...tasks]).toEqual(["done", "alpha: say: ok"]);
    expect(events).toContainEqual({
      type: "notice",
      text: "no host matches `db*`: skipping the play nobody",
    });
  });

  it("must match something in a stage of a migration", async () => {
    const yaml = `
stages:
  - { name: main, plays: [{ name: nobody, hosts: "{{pattern}}", tasks: [{ debug: { msg: hello } }] }] }
`;
    const more = { extraVariables: { pattern: "old:&new" } };
    await expect(run(makePlace(), yaml, more)).rejects.toThrow("`old:&new` matches no host");
  });

  it("know this machine as localhost", async () => {
    const { tasks } = await run(
      makePlace(),
      `
- hosts: localhost
  tasks: [{ set_fact: { said: hello } }]
- hosts: alpha
  tasks:
    - { name: here, slurp: { src: /etc/hostname }, delegate_to: localhost }
    - { name: told, assert: { that: "hostvars.localhost.said == 'hello'" } }
`,
    );
    expect(tasks.slice(1)).toEqual(["alpha: here: ok", "alpha: told: ok"]);
  });
});

describe("an inventory that grows", () => {
  it("has a host of add_host for the plays that follow, once for all hosts", async () => {
    const place = makePlace(web);
    const { tasks } = await run(
      place,
      `
- hosts: web
  tasks:
    - name: add
      add_host: { name: beta, groups: [fresh, later], colour: "{{braces}}", ansible_user: joe }
      register: added
    - { name: seen, assert: { that: ["added.add_host.host_name == 'beta'", "size(groups.fresh) == 1"] } }
- hosts: "fresh:&later"
  tasks:
    - name: knows
      assert: { that: ["colour == braces", "'fresh' in group_names", "play_hosts == ['beta']"] }
- hosts: alpha
  tasks:
    - { name: told, assert: { that: "hostvars.beta.colour == braces" } }
`,
      { extraVariables: { braces: "{{nobody}}" } },
    );
    expect(tasks).toEqual([
      "w1: add: changed",
      ...web.map((name) => `${name}: seen: ok`),
      "beta: knows: ok",
      "alpha: told: ok",
    ]);
  });

  it("puts hosts into groups by what is known of them, with their group_vars", async () => {
    const place = makePlace(web);
    mkdirSync(join(place.directory, "group_vars"));
    writeFileSync(join(place.directory, "group_vars/team_red.yml"), "motto: onward\n");
    writeFileSync(
      join(place.directory, "hosts.yml"),
      "web: { hosts: { w1: { team: red }, w2: { team: blue }, w3: { team: red } } }\n",
    );
    const inventory = await loadInventory(join(place.directory, "hosts.yml"));
    const { tasks } = await run(
      place,
      `
- hosts: web
  tasks:
    - { name: group, group_by: { key: "team_{{team}}", parents: teams } }
    - { name: again, group_by: { key: "team_{{team}}", parents: teams } }
- hosts: team_red
  tasks: [{ name: motto, assert: { that: "motto == 'onward'" } }]
- hosts: teams
  tasks: [{ name: team, debug: { msg: "{{group_names}}" } }]
- hosts: team_green
  tasks: [{ name: nobody, debug: { msg: hello } }]
`,
      { inventory },
    );
    expect(tasks.slice(6)).toEqual([
      "w1: motto: ok",
      "w3: motto: ok",
      "w1: team: ok",
      "w3: team: ok",
      "w2: team: ok",
    ]);
    expect(tasks.slice(0, 6).toSorted()).toEqual(
      web.flatMap((name) => [`${name}: again: ok`, `${name}: group: changed`]),
    );
  });

  it("keeps the sides of a migration as they are", async () => {
    const { tasks, result } = await run(
      makePlace(web),
      `
- hosts: w1
  tasks: [{ name: group, group_by: { key: new } }]
`,
    );
    expect(tasks).toEqual(["w1: group: failed"]);
    expect(result.failures[0]?.message).toContain("a run can't put hosts into the group `new`");
  });

  it("keeps what was added when the files are read anew", async () => {
    const place = makePlace(web);
    const file = join(place.directory, "hosts.yml");
    writeFileSync(file, "web: { hosts: { w1: } }\n");
    const { tasks } = await run(
      place,
      `
- hosts: web
  tasks:
    - { name: add, add_host: { name: beta, groups: web } }
    - { meta: refresh_inventory }
- hosts: web
  tasks: [{ name: say, debug: { msg: hello } }]
`,
      {
        inventory: await loadInventory(file),
        reloadInventory: () => {
          writeFileSync(file, "web: { hosts: { w2: , w3: } }\n");
          return loadInventory(file);
        },
      },
    );
    expect(tasks).toEqual(["w1: add: changed", "w2: say: ok", "w3: say: ok", "beta: say: ok"]);
  });
});
