import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { runInMemory } from "../../src/cli/testing/run-in-memory.ts";

/** The tasks of the stage `back`, as "group: role : task". */
async function tasksOf(playbook: string): Promise<readonly string[]> {
  const inventories = readdirSync("inventory");
  const inventory = inventories.find((file) => file === `${playbook}.yml`) ?? "example.yml";
  const words = ["run", playbook, "-i", resolve("inventory", inventory), "--stage", "back", "--list-tasks"];
  const { exitCode, stdout, stderr } = await runInMemory(words);
  expect(exitCode, stderr).toBe(0);
  let hosts = "";
  return stdout.split("\n").flatMap((line) => {
    hosts = /^ +play #\d+ \((.*?)\)/.exec(line)?.[1] ?? hosts;
    const task = /^ +(\S+ : .*?) +TAGS:/.exec(line)?.[1];
    return task === undefined ? [] : [`${hosts}: ${task}`];
  });
}

// A run that was cut off between its last message and its sync leaves the next one nothing to bring, and new's mail in old's memory only.
test.each(["bullseye-to-trixie", "stretch-to-buster", "dovecot-dbox", "qmail-to-qmail", "chatmail"])(
  "what %s brought back is on old's disk before it is proven to be there, also when nothing was left to bring",
  async (playbook) => {
    const tasks = await tasksOf(playbook);
    const at = tasks.indexOf("old: maildir : Bring back what only new has");
    expect(at).toBeGreaterThan(0);
    const synced = tasks.indexOf("old: maildir : What was brought back is on the disk", at);
    expect(synced).toBeGreaterThan(at);
    expect(synced).toBeLessThan(tasks.indexOf("old: maildir : Every message of new is on old", at));
  },
);
