import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { renderText } from "../../src/expression/template.ts";

interface Task {
  readonly name?: string;
  readonly shell?: string | { readonly cmd: string };
  readonly block?: readonly Task[];
}

/** Runs the script of a task of the role qmail below a directory, and gives back what it prints. */
function run(tasks: string, name: string, directory: string, input = "", more = {}): string {
  const file = new URL(`../../roles/qmail/tasks/${tasks}.yml`, import.meta.url);
  const all = (some: readonly Task[]): Task[] => some.flatMap((task) => [task, ...all(task.block ?? [])]);
  const found = all(parse(readFileSync(file, "utf8")) as Task[]).find((each) => each.name === name);
  const variables = {
    vmail_directory: join(directory, "mail"),
    qmail_freeze_mark: join(directory, "frozen"),
  };
  const shell = found?.shell ?? "exit 9";
  const script = renderText(typeof shell === "string" ? shell : shell.cmd, { ...variables, ...more }, tasks);
  const ran = spawnSync("sh", ["-c", script], { encoding: "utf8", input });
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

test("a pass leaves out what a way back had merged that was taken back, and takes the rest", () => {
  const merged = "anna/Maildir/new/2.on new";
  const old = homes(
    "frozen",
    "mail/anna/Maildir/new/1.x",
    `mail/${merged}`,
    "mail/anna/Maildir/cur/3.came:2,S",
  );
  const fresh = homes("mail/anna/Maildir/new/1.x", `mail/${merged}`);
  const frozen = 1_700_000_000;
  utimesSync(join(old, "frozen"), frozen, frozen);
  for (const host of [old, fresh])
    utimesSync(join(host, "mail/anna/Maildir/new/1.x"), frozen - 60, frozen - 60);

  const told = run("thaw-new", "Messages that came to new since", fresh, "", {
    qmail_stood_still: { stdout: String(frozen) },
  });
  expect(told).toBe(`./${merged}\n`);
  expect(run("thaw-new", "No pass brings them from old", old, told)).toBe("more\n");
  expect(run("thaw-new", "No pass brings them from old", old, told)).toBe("");
  const late = "Messages of old that came since the freeze";
  expect(run("pass", late, old)).toBe("./anna/Maildir/cur/3.came:2,S\n");
  expect(existsSync(join(old, "mail.late/anna/Maildir/cur/3.came:2,S"))).toBe(true);
  expect(existsSync(join(old, "mail.late", merged))).toBe(false);
  expect(run("pass", late, old)).toBe("");
});

test("without such a way back a pass takes all that came", () => {
  const old = homes("frozen", "mail/anna/Maildir/new/1.x");
  utimesSync(join(old, "frozen"), 1_700_000_000, 1_700_000_000);
  expect(run("pass", "Messages of old that came since the freeze", old)).toBe("./anna/Maildir/new/1.x\n");
});
