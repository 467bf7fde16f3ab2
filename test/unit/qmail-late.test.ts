import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { renderText } from "../../src/expression/template.ts";

interface Task {
  readonly name?: string;
  readonly shell?: string;
  readonly block?: readonly Task[];
}

/** Runs the script of a task of the role qmail below a directory, and gives back what it prints. */
function run(tasks: string, name: string, directory: string): string {
  const file = new URL(`../../roles/qmail/tasks/${tasks}.yml`, import.meta.url);
  const all = (some: readonly Task[]): Task[] => some.flatMap((task) => [task, ...all(task.block ?? [])]);
  const task = all(parse(readFileSync(file, "utf8")) as Task[]).find((each) => each.name === name);
  const variables = {
    vmail_directory: join(directory, "mail"),
    qmail_freeze_mark: join(directory, "frozen"),
  };
  const script = renderText(task?.shell ?? "exit 9", variables, tasks);
  const ran = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  expect(ran).toMatchObject({ status: 0, stderr: "" });
  return ran.stdout;
}

/** A host's homes with a message. */
function homes(...messages: readonly string[]): string {
  const directory = join(temporaryDirectory(), "it's here");
  for (const name of messages) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), "hello");
  }
  return directory;
}

test("the end of the way back keeps what passes brought, under another name", () => {
  const directory = homes("mail/anna/Maildir/new/1.x", "mail.late/anna/Maildir/new/1.x");
  const aside = run("close-back", "Lay aside what passes brought", directory).trim();
  expect(aside).toMatch(/\/mail\.late-[0-9]{8}-[0-9]{6}$/);
  expect(existsSync(join(aside, "anna/Maildir/new/1.x"))).toBe(true);
  expect(run("close-back", "Lay aside what passes brought", directory)).toBe("");
  expect(readdirSync(directory)).toHaveLength(2);
});
