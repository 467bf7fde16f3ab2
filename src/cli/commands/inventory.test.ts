import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeWorkplace } from "../testing/run-in-memory.ts";

const place = makeWorkplace({
  "hosts.yml": `web:
  vars: { colour: red, greeting: "hello {{colour}}" }
  hosts: { w1: { port: 2222, ansible_password: geheimnis }, w2: }
`,
  "site.yml": `- name: Paint
  hosts: w1
  vars: { colour: green }
  roles: [{ role: paint, vars: { brush: wide } }]
  tasks:
    - { name: Decide, set_fact: { colour: blue } }
`,
});
mkdirSync(join(place.directory, "group_vars"));
mkdirSync(join(place.directory, "roles/paint/defaults"), { recursive: true });
mkdirSync(join(place.directory, "roles/paint/tasks"));
place.write("group_vars/web.yml", "colour: yellow\n");
mkdirSync(join(place.directory, "roles/paint/vars"));
place.write("roles/paint/defaults/main.yml", "brush: thin\ncolour: grey\n");
place.write("roles/paint/vars/main.yml", "colour: black\n");
place.write("roles/paint/tasks/main.yml", "- { name: Paint it, debug: { msg: '{{colour}}' } }\n");
afterAll(() => place.remove());

const inventory = (...argv: string[]) => place.run(["inventory", "-i", "hosts.yml", ...argv]);

describe("inventory", () => {
  it("shows everything in the shape of ansible-inventory, without passwords", async () => {
    const { exitCode, stdout } = await inventory();
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      _meta: {
        hostvars: {
          w1: { colour: "yellow", greeting: "hello {{colour}}", port: 2222, ansible_password: "********" },
          w2: { colour: "yellow", greeting: "hello {{colour}}" },
        },
      },
      all: { children: ["ungrouped", "web"] },
      web: { hosts: ["w1", "w2"] },
    });
    expect((await inventory("--list", "--yaml")).stdout).toContain(
      "children:\n    ungrouped: {}\n    web:\n",
    );
  });

  it("shows the groups as a tree, and one host", async () => {
    expect((await inventory("--graph")).stdout).toBe(
      "@all:\n  |--@ungrouped:\n  |--@web:\n  |  |--w1\n  |  |--w2\n",
    );
    expect((await inventory("--host", "w2", "--yaml")).stdout).toBe(
      "colour: yellow\ngreeting: hello {{colour}}\n",
    );
  });

  it("explains where a variable comes from", async () => {
    const { stdout } = await inventory("--host", "w1", "--explain", "colour");
    expect(stdout.replaceAll(`${place.directory}/`, "")).toBe(`colour of w1: "yellow"
  wins    inventory group_vars/*  group web  group_vars/web.yml:1:9  "yellow"
  hidden  inventory group vars    group web  hosts.yml:2:19          "red"
`);
    const greeting = await inventory("--host", "w1", "--explain", "greeting", "-e", "colour=pink");
    expect(greeting.stdout).toContain('greeting of w1: "hello pink"\n');
    const port = await inventory("--host", "w1", "--explain", "ansible_port");
    expect(port.stdout).toContain("ansible_port of w1: 2222\n");
    const password = await inventory("--host", "w1", "--explain", "password");
    expect(password.stdout).toContain("hosts.yml:3:");
    expect(password.stdout).not.toContain("geheimnis");
  });

  it("looks through a playbook and its roles too", async () => {
    const { stdout } = await inventory("-p", "site.yml", "--host", "w1", "--explain", "colour");
    const rows = stdout.split("\n").map((line) => line.trim().split(/ {2,}/).slice(0, 3).join("; "));
    expect(rows).toEqual([
      'colour of w1: "yellow"',
      "wins in its part; set_fact and register; task Decide",
      "wins in its part; role vars; role paint",
      "wins in its part; play vars; play Paint",
      "wins; inventory group_vars/*; group web",
      "hidden; inventory group vars; group web",
      "hidden; role defaults; role paint",
      "",
    ]);
    const brush = await inventory("-p", "site.yml", "--host", "w1", "--explain", "brush");
    expect(brush.stdout).toContain("brush of w1: it depends on where it is read\n");
    expect(brush.stdout).toMatch(
      /wins in its part +role entry vars +role paint +\S+ +"wide"\n +hidden +role defaults/,
    );
  });

  it.each([
    [["--host", "w3"], 'there is no host "w3", did you mean `w'],
    [
      ["--host", "w1", "--explain", "color"],
      'nothing sets the variable "color" for w1, did you mean `colour`?',
    ],
    [["--explain", "colour"], "--explain colour wants a host"],
    [["--graph", "--host", "w1"], "--list, --graph and --host show different things"],
  ])("refuses %j", async (argv, message) => {
    const { exitCode, stderr } = await inventory(...argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it("wants an inventory", async () => {
    const { exitCode, stderr } = await place.run(["inventory"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("required option '-i, --inventory <file>' not specified");
  });
});
