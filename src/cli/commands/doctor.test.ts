import { execFileSync } from "node:child_process";
import { describe, expect, onTestFinished, test } from "vitest";
import { inventoryText, makeWorkplace, playbookText } from "../testing/run-in-memory.ts";

/** What is printed for these files, without its comments; visudo has to take it whole. */
async function linesFor(inventory: string, playbook: string): Promise<readonly string[]> {
  const place = makeWorkplace({ "inventory.yml": inventory, "move.yml": playbook });
  onTestFinished(() => place.remove());
  const told = await place.run(["doctor", "move.yml", "-i", "inventory.yml", "--sudoers"]);
  expect(told).toMatchObject({ exitCode: 0 });
  execFileSync("/usr/sbin/visudo", ["-cf", place.write("sudoers", told.stdout)], { stdio: "pipe" });
  return told.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

const play = (words: string) =>
  `stages: [{ name: main, plays: [{ hosts: new, ${words}, tasks: [{ command: "true" }] }] }]\n`;

describe("doctor --sudoers", () => {
  test("in place of root, a user may become root and nobody else", async () => {
    expect(await linesFor(inventoryText, playbookText)).toEqual([
      "Defaults:mailferry !requiretty",
      "mailferry ALL = (root) NOPASSWD: /bin/sh",
    ]);
  });

  test("has the user of the inventory, whom the playbook becomes, and the password where there is one", async () => {
    const inventory = inventoryText.replaceAll(
      "user: root",
      "user: mover, become: true, become_password: x1y2z3",
    );
    expect(await linesFor(inventory, play("become_user: vmail"))).toEqual([
      "Defaults:mover !requiretty",
      "mover ALL = (root, vmail) /bin/sh",
    ]);
  });

  test("lets become anybody where only a run tells whom", async () => {
    const lines = await linesFor(inventoryText, play('vars: { who: vmail }, become_user: "{{who}}"'));
    expect(lines.at(-1)).toBe("mailferry ALL = (ALL) NOPASSWD: /bin/sh");
  });

  test("gives nobody rights where the playbook can't do without a login as root", async () => {
    expect(
      await linesFor(inventoryText, `root_login: It logs in by itself.\n${play("become: true")}`),
    ).toEqual([]);
  });

  test("no name makes a line of its own", async () => {
    const mallory = '"x\\nmallory ALL = (ALL) ALL"\n';
    expect(await linesFor(inventoryText, `name: ${mallory}${play("become: true")}`)).toHaveLength(2);
    expect(await linesFor(inventoryText, `root_login: ${mallory}${play("become: true")}`)).toEqual([]);
  });
});
