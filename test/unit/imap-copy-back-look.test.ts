import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Json } from "../../src/contract/json.ts";
import { evaluateExpression } from "../../src/expression/cel.ts";
import { renderText } from "../../src/expression/template.ts";

interface Task {
  readonly name?: string;
  readonly vars?: { readonly imap_copy_returning: string };
  readonly assert?: { readonly that: readonly [string]; readonly msg: string };
}

const file = new URL("../../roles/imap-copy/tasks/back-look.yml", import.meta.url);
const tasks = parse(readFileSync(file, "utf8")) as readonly Task[];
const task = tasks.find(({ name }) => name === "Nobody's mail would stay on new");

/** What stops the way back by IMAP before new is frozen, where new knows john and jane and the mail of these goes back. */
function stops(foreseen: Json, mayStay = false): string | undefined {
  const known = {
    imap_copy_accounts_by_now: { stdout_lines: ["john@example.org", "jane@example.org"] },
    imap_copy_foreseen: foreseen,
    imap_copy_accept_left: mayStay,
    ...{ new_host: "mail-new", imap_copy_old: { address: "192.0.2.10" } },
  };
  const expression = /^\{\{cel '(.*)'\}\}$/.exec(task?.vars?.imap_copy_returning ?? "")?.[1] ?? "";
  const given = { ...known, imap_copy_returning: evaluateExpression(expression, known) as Json };
  if (evaluateExpression(task?.assert?.that[0] ?? "", given) === true) return undefined;
  return renderText(task?.assert?.msg ?? "", given, file.pathname);
}

test("an account that nobody names stops the way back while new works", () => {
  expect(stops({ new_users: ["john@example.org"] })).toContain("would not go back: jane@example.org.");
  expect(stops({ new_users: ["john@example.org", "jane@example.org"] })).toBeUndefined();
});

test("it may stay, and where nothing would go back nobody knows yet", () => {
  expect(stops({ new_users: [] }, true)).toBeUndefined();
  expect(stops({ changed: false })).toBeUndefined();
});
