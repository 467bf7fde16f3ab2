import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { evaluateExpression } from "../../src/expression/cel.ts";
import { renderText } from "../../src/expression/template.ts";

/** What the role qmail finds before the turning point of the way back, that the merge of Maildirs doesn't bring. */
const file = new URL("../../roles/qmail/tasks/beside-maildirs.yml", import.meta.url);
const [look, stop] = parse(readFileSync(file, "utf8")) as [
  { readonly shell: string },
  { readonly vars: { readonly qmail_staying: string } },
];

/** What the task tells of a host with these files. */
function told(files: Readonly<Record<string, string>>): string[] {
  const root = join(temporaryDirectory(), "all of it's");
  for (const [name, content] of Object.entries({ "mail/.keep": "", "qmail/.keep": "", ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const variables = { vmail_directory: join(root, "mail"), qmail_directory: join(root, "qmail") };
  const asked = spawnSync("sh", ["-c", renderText(look.shell, variables, "beside-maildirs.yml")], {
    encoding: "utf8",
  });
  expect(asked).toMatchObject({ status: 0, stderr: "" });
  return asked.stdout.split("\n").filter((line) => line !== "");
}

const staying = (old: readonly string[], fresh: readonly string[]) => {
  const [, expression = ""] = /^\{\{cel '(.*)'\}\}$/.exec(stop.vars.qmail_staying) ?? [];
  const results = [{ stdout_lines: old }, { stdout_lines: fresh }];
  return evaluateExpression(expression, { qmail_beside: { results } });
};

const onOld = {
  "mail/anna/Mailbox": "From x\n\nhello\n",
  "mail/bob/Maildir/new/1.x": "From x\n",
  "mail/bob/.qmail": "./Maildir/\n",
  "mail/a.example/vpasswd": "anna:x\n",
};

test("an mbox and vpopmail's users are told where new has others, messages and .qmail are not", () => {
  const old = told(onOld);
  expect(staying(old, told(onOld))).toEqual([]);
  const fresh = told({
    ...onOld,
    "mail/anna/Mailbox": "From x\n\nhello\n\nFrom y\n\nand more\n",
    "mail/anna/mail/kept since": "From z\n\nhello\n",
    "mail/bob/Maildir/new/2.x": "From y\n",
    "mail/bob/.qmail": "./Maildir/\n&carol@b.example\n",
    "mail/a.example/vpasswd": "anna:x\nfrank:y\n",
  });
  const found = staying(old, fresh) as string[];
  expect(found.sort()).toEqual(["./a.example/vpasswd", "./anna/Mailbox", "./anna/mail/kept since"]);
});

test("mail of the user alias is told by its unique name, and stops nothing", () => {
  const fresh = told({ "qmail/alias/Maildir/cur/1.y:2,S": "x", "qmail/alias/Mailbox": "From x\n" });
  expect(fresh).toEqual([expect.stringMatching(/^alias [0-9a-f]{64} {2}alias\/Mailbox$/), "alias 1.y"]);
  expect(staying([], fresh)).toEqual([]);
});
