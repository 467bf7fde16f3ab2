import { execFileSync, type StdioOptions } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inventoryGraph, inventoryList } from "../../src/cli/inventory-views.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { matchHosts } from "../../src/language/inventory/host-pattern.ts";
import { loadInventory } from "../../src/language/inventory/load-inventory.ts";

/*
 * What ansible-core itself makes of the inventories in `as-ansible`. Its answers stand beside them in *.expected files;
 * with RECORD_ANSIBLE=1 and ansible-core installed they are asked for and written anew.
 */
const folder = join(import.meta.dirname, "as-ansible");
const patternsFile = join(folder, "patterns.expected");
const isRecording = process.env.RECORD_ANSIBLE === "1";

function expected(name: string, argv: readonly string[]): string {
  const file = join(folder, `${name}.expected`);
  if (isRecording) writeFileSync(file, ask(argv));
  return readFileSync(file, "utf8");
}

describe.each([
  ["groups", "groups/hosts.yml"],
  ["several", "several"],
])("the inventory %s", (name, path) => {
  it("gives hosts the variables that Ansible gives them, and groups the hosts", async () => {
    const inventory = await loadInventory(join(folder, path));
    const list = JSON.parse(
      expected(`${name}-list`, ["ansible-inventory", "-i", path, "--list"]),
    ) as JsonObject;
    expect(inOrder(inventoryList(inventory))).toEqual(inOrder(list));
  });

  it("has the tree of groups that Ansible has", async () => {
    const inventory = await loadInventory(join(folder, path));
    const graph = expected(`${name}-graph`, ["ansible-inventory", "-i", path, "--graph"]);
    expect(`${inventoryGraph(inventory).join("\n")}\n`).toBe(graph);
  });
});

describe("host patterns", () => {
  const patterns = [
    "all",
    "*",
    "web",
    "web:db",
    "db,web",
    "web:&staging",
    "web:!staging",
    "!web",
    "&db",
    "staging:!web:&db",
    "sites:&staging:!w02.example.org",
    "*.example.net",
    "w0?.example.org",
    "w0[13].example.org",
    "w0[!13].example.org",
    "~w0[34]",
    "~(web|db)$",
    "~.*\\.net",
    "web[0]",
    "web[-1]",
    "web[0:2]",
    "web[1:]",
    "web[1:]:!staging",
    "ungrouped",
    "nobody*",
  ];

  // One answer a line: "pattern: host host".
  const answers = isRecording ? patterns.map(askAnsible).join("") : readFileSync(patternsFile, "utf8");
  if (isRecording) writeFileSync(patternsFile, answers);

  it.each(patterns)("%s means the hosts that it means to Ansible", async (pattern) => {
    const inventory = await loadInventory(join(folder, "several"));
    const told = answers.split("\n").find((line) => line.startsWith(`${pattern}: `));
    expect(`${pattern}: ${matchHosts(pattern, inventory).hosts.join(" ")}`.trim()).toBe(told?.trim());
  });
});

function askAnsible(pattern: string): string {
  const told = ask(["ansible", "-i", "several", "--list-hosts", "--", pattern]);
  const hosts = told.split("\n").flatMap((line) => /^ {4}(\S+)$/.exec(line)?.[1] ?? []);
  return `${pattern}: ${hosts.join(" ")}\n`;
}

function ask([program = "", ...args]: readonly string[]): string {
  const stdio: StdioOptions = ["ignore", "pipe", "ignore"];
  return execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio });
}

/** Ansible tells hosts and groups in the order of their names. */
function inOrder(list: JsonObject): JsonObject {
  const sorted = Object.entries(list).map(([name, group]) => {
    if (name === "_meta") return [name, group];
    const { hosts = [], children = [] } = group as Record<"hosts" | "children", readonly string[]>;
    return [name, { hosts: hosts.toSorted(), children: children.toSorted() }];
  });
  return Object.fromEntries(sorted);
}
