import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placeIn } from "../../expression/placed-values.ts";
import { loadInventory } from "./load-inventory.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-sources-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
    if (text.startsWith("#!")) chmodSync(join(directory, name), 0o755);
  }
}

const load = (given: string | string[], more = {}) =>
  loadInventory(
    typeof given === "string" ? join(directory, given) : given.map((name) => join(directory, name)),
    more,
  );

describe("an inventory", () => {
  it("unfolds ranges, and has the hosts of no group in `ungrouped`", async () => {
    write({
      "hosts.yml": `all:
  hosts: { lone.example.org: , "x[1:3:2]": { kind: odd } }
  children: { web: { hosts: { "web[01:03].example.org": { port: 2222 } } } }
`,
    });
    const { groups, hosts } = await load("hosts.yml");
    expect(groups.get("ungrouped")).toEqual(["lone.example.org", "x1", "x3"]);
    expect(groups.get("web")).toEqual(["web01.example.org", "web02.example.org", "web03.example.org"]);
    expect(hosts.get("web03.example.org")?.spec.port).toBe(2222);
    expect(hosts.get("x3")).toMatchObject({ groups: ["all", "ungrouped"], variables: { kind: "odd" } });
  });

  it("merges groups by depth, priority and name", async () => {
    write({
      "hosts.yml": `
b: { vars: { x: b, y: b, z: b }, hosts: { h: } }
a: { vars: { x: a, y: a, z: a, ansible_group_priority: 10 }, hosts: { h: } }
c: { vars: { x: c, y: c }, children: { deep: { vars: { x: deep } , hosts: { h: } } } }
`,
    });
    const host = (await load("hosts.yml")).hosts.get("h");
    expect(host?.variables).toEqual({ x: "deep", y: "a", z: "a" });
    expect(host?.groups).toEqual(["all", "b", "c", "a", "deep"]);
  });

  it("has group_vars and host_vars beside it and beside the playbook, each on its level", async () => {
    const names = ["file", "inv_all", "play_all", "inv_group", "play_group", "host", "inv_host", "play_host"];
    const from = (index: number) =>
      names
        .slice(index)
        .map((_, at) => `from_${at + index}: ${names[index]}\n`)
        .join("");
    write({
      "hosts.yml": `web:\n  vars:\n${from(0).replaceAll(/^/gm, "    ")}\n  hosts:\n    h:\n${from(5).replaceAll(/^(?=.)/gm, "      ")}`,
      "group_vars/all.yml": from(1),
      "play/group_vars/all/main.yml": from(2),
      "group_vars/web/10.yml": from(3),
      "group_vars/web/20.json": '{ "order": "second" }',
      "group_vars/web/15": "order: first\n",
      "group_vars/web/.hidden.yml": "order: hidden\n",
      "group_vars/web/30.yml~": "order: backup\n",
      "play/group_vars/web.yaml": from(4),
      "host_vars/h": from(6),
      "play/host_vars/h.yml": from(7),
    });
    const inventory = await load("hosts.yml", { playbookDirectory: join(directory, "play") });
    const host = inventory.hosts.get("h");
    const expected = Object.fromEntries(names.map((name, index) => [`from_${index}`, name]));
    expect(host?.variables).toEqual({ ...expected, order: "second" });
    expect(host?.layers?.map(({ level }) => level).filter((level, at, all) => level !== all[at - 1])).toEqual(
      [
        "inventory group vars",
        "inventory group_vars/all",
        "playbook group_vars/all",
        "inventory group_vars/*",
        "playbook group_vars/*",
        "inventory host vars",
        "inventory host_vars/*",
        "playbook host_vars/*",
      ],
    );
    expect(placeIn(host?.variables ?? {}, "/from_6")).toEqual({
      file: join(directory, "host_vars/h"),
      line: 1,
      column: 9,
    });
  });

  it("can be a directory, whose files are read in order, and several files", async () => {
    write({
      "inv/10.yml": "web: { vars: { x: first, y: first }, hosts: { a: , b: } }\n",
      "inv/20.json": '{ "web": { "hosts": ["c"], "vars": { "x": "second" } } }',
      "inv/deeper/30.yml": "db: { hosts: { d: } }\n",
      "inv/40.yml.orig": "not: [an, inventory",
      "inv/README.md": "# no inventory",
      "inv/group_vars/web.yml": "y: vars\n",
      "more.yml": "web: { hosts: { a: { x: third } } }\n",
      "group_vars/db.yml": "z: outside\n",
    });
    const inventory = await load(["inv", "more.yml"]);
    expect(inventory.groups.get("web")).toEqual(["a", "b", "c"]);
    expect(inventory.hosts.get("a")?.variables).toEqual({ x: "third", y: "vars" });
    expect(inventory.hosts.get("c")?.variables).toEqual({ x: "second", y: "vars" });
    expect(inventory.hosts.get("d")?.variables).toEqual({ z: "outside" });
  });

  it("can be what `ansible-inventory --list` prints", async () => {
    write({
      "list.json": `{
  "_meta": { "hostvars": { "a": { "ansible_host": "192.0.2.1", "x": 1 }, "nobody": {} } },
  "all": { "children": ["ungrouped", "web"] },
  "web": { "hosts": ["a", "b"], "vars": { "y": 2 }, "children": ["deep"] },
  "deep": ["c"]
}`,
    });
    const { hosts, groups } = await load("list.json");
    expect(hosts.get("a")).toMatchObject({ spec: { address: "192.0.2.1" }, variables: { x: 1, y: 2 } });
    expect(groups.get("web")).toEqual(["a", "b", "c"]);
    expect(placeIn(hosts.get("a")?.variables ?? {}, "/x")).toMatchObject({ line: 2, column: 69 });
    expect([...hosts.keys()]).toEqual(["a", "b", "c", "control"]);
  });

  it("can be an executable, with and without `_meta`", async () => {
    write({
      "with.sh": `#!/bin/sh
[ "$1" = --list ] || exit 9
echo '{ "_meta": { "hostvars": { "a": { "x": 1 } } }, "web": { "hosts": ["a"] } }'
`,
      "without.sh": `#!/bin/sh
case $1 in
  --list) echo '{ "db": ["b"] }' ;;
  --host) echo "{ \\"name\\": \\"$2\\" }" ;;
esac
`,
    });
    const { hosts } = await load(["with.sh", "without.sh"]);
    expect(hosts.get("a")?.variables).toEqual({ x: 1 });
    expect(hosts.get("b")?.variables).toEqual({ name: "b" });
  });

  it("can be names with commas between", async () => {
    const { hosts } = await load("one.example.org,two.example.org,");
    expect([...hosts.keys()]).toEqual(["one.example.org", "two.example.org", "control"]);
  });

  it("gives what all hosts have to this machine too", async () => {
    write({ "hosts.yml": "web: { hosts: { a: } }\n", "group_vars/all.yml": "zone: example.org\n" });
    expect((await load("hosts.yml")).hosts.get("control")?.variables).toEqual({ zone: "example.org" });
  });
});
