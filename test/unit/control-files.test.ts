import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { evaluateExpression } from "../../src/expression/cel.ts";
import { inboxNamespace } from "../../src/mail/dovecot-namespace.ts";

interface Task {
  readonly checklist?: { readonly items: readonly { readonly check: string; readonly ok_when: string }[] };
}

const file = new URL("../../roles/maildir/tasks/layout.yml", import.meta.url);
const items = (parse(readFileSync(file, "utf8")) as readonly Task[]).flatMap(
  (task) => task.checklist?.items ?? [],
);

interface Differing {
  readonly others?: readonly string[];
  /** What packs or encrypts messages on old, and on new. */
  readonly plugins?: { readonly old: readonly string[]; readonly new: readonly string[] };
}

/** What is told of files that are to be copied where both Dovecots keep control files so; nothing else differs. */
function stops(control: string, { others = [], plugins = { old: [], new: [] } }: Differing = {}): string[] {
  const words = control === "" ? "" : `:CONTROL=${control}`;
  const { isSaid: _isSaid, ...layout } = inboxNamespace(`mail_location = maildir:~/Maildir${words}\n`);
  const pop3 = { on: false, uidl_format: "", reuse_xuidl: false, provable: false };
  const variables = {
    maildir_layout_old: { ...layout, plugins: plugins.old },
    maildir_layout_new: { ...layout, plugins: plugins.new },
    ...{ maildir_pop3_old: pop3, maildir_pop3_new: pop3, maildir_pop3: true, maildir_accept_names: false },
    ...{ vmail_directory: "/var/vmail", maildir_other_directories: others },
  };
  return items
    .filter(({ ok_when }) => evaluateExpression(ok_when, variables) !== true)
    .map(({ check }) => check);
}

test.each(["", "~/control", "%h/control", "/var/vmail/%d/%n/control"])(
  "control files in %j come along with the mail",
  (control) => expect(stops(control)).toEqual([]),
);

test.each(["/var/vmail-control/%u", "/srv/control/%d/%n", "%u"])(
  "control files in %j stop the copy, though both hosts keep them so",
  (control) => expect(stops(control)).toEqual(["control files lie with the mail"]),
);

test("control files that somebody brings over do not", () => {
  expect(stops("/srv/control/%u", { others: ["/srv/control"] })).toEqual([]);
});

test.each([
  [["mail_compress"], [], "what old packs or encrypts can be read on new"],
  [["mail_compress", "mail_crypt"], ["mail_compress"], "what old packs or encrypts can be read on new"],
  [[], ["mail_compress"], "what new packs or encrypts could be read on old again"],
  [["mail_compress"], ["mail_compress"], undefined],
])("messages that %j wrote and %j has to read", (old, current, told) => {
  expect(stops("", { plugins: { old, new: current } })).toEqual(told === undefined ? [] : [told]);
});
