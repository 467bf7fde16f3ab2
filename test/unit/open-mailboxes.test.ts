import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { renderText } from "../../src/expression/template.ts";

/** What the role maildir looks for before the last copy: on a real host it finds nobody, or the freeze fails. */
const file = new URL("../../roles/maildir/tasks/unused.yml", import.meta.url);
const [task] = parse(readFileSync(file, "utf8")) as { readonly shell: string }[];

function whoHasOpen(root: string): string[] {
  const script = renderText(task?.shell ?? "", { vmail_directory: root }, "unused.yml");
  const { stdout, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

test("who has a mailbox open, or works in one, is found in a directory of any name", async () => {
  const root = join(temporaryDirectory(), "v[m]ail*\\ o'f");
  const mailbox = join(root, "john\nsmith");
  mkdirSync(mailbox, { recursive: true });
  writeFileSync(join(mailbox, "log"), "");
  writeFileSync(join(root, "..", "log"), "");
  expect(whoHasOpen(root)).toEqual([]);
  const began = (script: string, cwd: string) => {
    const child = spawn("sh", ["-c", `${script} echo; read -r _line`], { cwd, stdio: "pipe" });
    return once(child.stdout, "data").then(() => child);
  };
  const children = await Promise.all([
    began("exec 3<log;", mailbox),
    began(":;", mailbox),
    began("exec 3<log;", join(root, "..")),
  ]);
  try {
    const inside = children.slice(0, 2).map(({ pid }) => `${pid} sh`);
    expect(whoHasOpen(root).sort()).toEqual(inside.sort());
  } finally {
    for (const child of children) child.kill();
  }
});
