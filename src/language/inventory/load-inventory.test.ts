import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placeIn } from "../../expression/placed-values.ts";
import { loadInventory } from "./load-inventory.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-inventory-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (text: string, extraVariables = {}) => {
  const file = join(directory, "inventory.yml");
  writeFileSync(file, text);
  return loadInventory(file, { extraVariables });
};

const two =
  "    old: { hosts: { a.example.org: { address: 192.0.2.1 } } }\n    new: { hosts: { b.example.org: { address: 192.0.2.2 } } }\n";

describe("loadInventory", () => {
  it("gives hosts, groups and this machine", async () => {
    const inventory = await load(`all:\n  children:\n${two}`);
    expect([...inventory.groups]).toEqual([
      ["all", ["a.example.org", "b.example.org"]],
      ["old", ["a.example.org"]],
      ["new", ["b.example.org"]],
      ["ungrouped", []],
      ["control", ["control"]],
    ]);
    expect(inventory.hosts.get("control")?.spec).toMatchObject({ connection: "local", address: "localhost" });
    expect(inventory.hosts.get("a.example.org")).toMatchObject({
      groups: ["all", "old"],
      become: false,
      becomeUser: "root",
      spec: { name: "a.example.org", connection: "ssh", address: "192.0.2.1" },
    });
    expect(inventory.warnings).toEqual([]);
  });

  it("reads Ansible's names as its own", async () => {
    const ansible = await load(`all:
  vars: { ansible_user: joe, ansible_become: true, ansible_python_interpreter: /usr/bin/python3 }
  children:
    old: { hosts: { a.example.org: { ansible_host: 192.0.2.1, ansible_port: 2222, ansible_become_user: mail } } }
    new: { hosts: { b.example.org: { ansible_host: 192.0.2.2, ansible_connection: local } } }
`);
    expect(ansible.hosts.get("a.example.org")).toMatchObject({
      become: true,
      becomeUser: "mail",
      spec: { address: "192.0.2.1", port: 2222, user: "joe" },
    });
    expect(ansible.hosts.get("b.example.org")?.spec.connection).toBe("local");
    expect(ansible.warnings).toEqual([]);
  });

  it("takes the nearest of several values, and knows where it stands", async () => {
    const inventory = await load(`all:
  vars: { level: all, user: root }
  children:
    old:
      vars: { level: group }
      hosts: { a.example.org: { address: 192.0.2.1, level: host, ansible_user: joe } }
    new:
      vars: { level: group }
      hosts: { b.example.org: { address: 192.0.2.2 } }
`);
    const host = inventory.hosts.get("a.example.org");
    expect(host?.variables.level).toBe("host");
    expect(host?.spec.user).toBe("joe");
    expect(placeIn(host?.variables ?? {}, "/level")).toMatchObject({ line: 6, column: 60 });
    expect(inventory.hosts.get("b.example.org")?.variables.level).toBe("group");
    expect(inventory.hosts.get("b.example.org")?.spec.user).toBe("root");
  });

  it("renders what says how to reach a host, with the command line's values above all", async () => {
    const text = `all:
  vars: { network: 192.0.2, ssh_port: 22 }
  children:
    old: { hosts: { a.example.org: { address: "{{network}}.1", port: "{{ssh_port}}" } } }
    new: { hosts: { b.example.org: { address: "{{network}}.2" } } }
`;
    const inventory = await load(text, { network: "198.51.100" });
    expect(inventory.hosts.get("a.example.org")?.spec).toMatchObject({ address: "198.51.100.1", port: 22 });
    expect(inventory.hosts.get("a.example.org")?.variables.address).toBe("{{network}}.1");
    const named = await load(text, { ansible_user: "joe", port: "2222" });
    expect(named.hosts.get("a.example.org")?.spec).toMatchObject({ user: "joe", port: 2222 });
  });

  it("keeps passwords out of the variables and out of sight", async () => {
    const inventory = await load(`all:
  children:
    old: { hosts: { a.example.org: { address: 192.0.2.1, ansible_password: hunter2, become_password: hunter3 } } }
    new: { hosts: { b.example.org: { address: 192.0.2.2 } } }
`);
    const host = inventory.hosts.get("a.example.org");
    expect(JSON.stringify([...inventory.hosts.values()])).not.toContain("hunter");
    expect(host?.spec.password?.reveal()).toBe("hunter2");
    expect(host?.becomePassword?.reveal()).toBe("hunter3");
    expect(inventory.warnings).toHaveLength(2);
  });

  it("finds files beside the inventory and at home, and jumps by the inventory's names", async () => {
    const inventory = await load(`all:
  children:
    old: { hosts: { a.example.org: { address: 192.0.2.1, known_hosts_file: known, jump: bastion } } }
    new: { hosts: { b.example.org: { address: 192.0.2.2, known_hosts_file: ~/known, ssh_config_file: none, jump: "joe@bastion:2222" } } }
    gates:
      hosts:
        bastion: { address: "2001:db8::1", user: root, jump: outer }
        outer: { address: 192.0.2.9, port: 23 }
`);
    expect(inventory.hosts.get("a.example.org")?.spec).toMatchObject({
      knownHostsFile: join(directory, "known"),
      jump: "192.0.2.9:23,root@[2001:db8::1]",
    });
    expect(inventory.hosts.get("b.example.org")?.spec).toMatchObject({
      knownHostsFile: join(homedir(), "known"),
      sshConfigFile: "none",
      jump: "192.0.2.9:23,joe@[2001:db8::1]:2222",
    });
  });

  it("takes groups at the top level and hosts that stand in several groups", async () => {
    const inventory = await load(`old: { hosts: { a.example.org: { address: 192.0.2.1 } } }
new: { hosts: { b.example.org: { address: 192.0.2.2 } } }
mail: { children: { old: , new: }, vars: { kind: mail } }
`);
    expect(inventory.groups.get("mail")).toEqual(["a.example.org", "b.example.org"]);
    expect(inventory.hosts.get("b.example.org")?.variables.kind).toBe("mail");
  });

  it("lets the inventory say more about this machine", async () => {
    const inventory = await load(`all:\n  hosts: { control: { speed: slow } }\n  children:\n${two}`);
    expect(inventory.hosts.get("control")).toMatchObject({
      variables: { speed: "slow" },
      spec: { connection: "local" },
    });
    expect(inventory.groups.get("all")).toEqual(["a.example.org", "b.example.org"]);
  });

  it("accepts Windows line ends", async () => {
    const inventory = await load(`all:\n  children:\n${two}`.replaceAll("\n", "\r\n"));
    expect(inventory.hosts.size).toBe(3);
  });
});
