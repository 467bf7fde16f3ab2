import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { evaluateExpression } from "../../src/expression/cel.ts";
import { renderText } from "../../src/expression/template.ts";

interface Task {
  readonly shell?: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly checklist?: { readonly items: readonly { readonly check: string; readonly ok_when: string }[] };
}

const file = new URL("../../roles/dbox/tasks/whereabouts.yml", import.meta.url);
const tasks = parse(readFileSync(file, "utf8")) as readonly Task[];
const script = tasks.find((task) => task.shell !== undefined)?.shell ?? "";
const list = tasks.find((task) => task.checklist !== undefined);

/** What stops of old's own Dovecot, where its configuration has this text and doveadm ends so. */
function stops({ text = "", code = 0, beside = true, frozen = false }) {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "etc"));
  const config = join(directory, "etc", "dovecot.conf");
  writeFileSync(config, text);
  const doveadm = `#!/bin/sh\n[ "$*" = '-c ${config} user *' ] || exit 64\necho john@example.org\nexit ${code}\n`;
  writeFileSync(join(directory, "doveadm"), doveadm, { mode: 0o755 });
  const env = { PATH: `${directory}:${process.env.PATH}` };
  const rendered = renderText(script, { dbox_old_config: config }, "whereabouts.yml");
  const { status, stdout } = spawnSync("sh", ["-c", rendered], { encoding: "utf8", env });
  const given = {
    ...{ dbox_source: "doveadm", dbox_old_config: config },
    dbox_inner_config: beside ? join(directory, "etc", "inner.conf") : "/etc/dovecot/inner.conf",
    latches: { old_frozen: frozen, new_opened: false },
    // Without the line's end, as the module gives it.
    ...(frozen ? {} : { dbox_old_asked: { rc: status, stdout: stdout.trimEnd(), stderr: "" } }),
  };
  const { dbox_old_lies_in: lies = "", dbox_inner_lies_in: inner = "" } = list?.vars ?? {};
  const variables = {
    ...given,
    dbox_old_is_asked: !frozen,
    dbox_old_lies_in: renderText(lies, given, "whereabouts.yml"),
    dbox_inner_lies_in: renderText(inner, given, "whereabouts.yml"),
  };
  const items = list?.checklist?.items.filter(({ check }) => /lists its users|includes/.test(check)) ?? [];
  expect(items).toHaveLength(2);
  return items
    .filter(({ ok_when }) => evaluateExpression(ok_when, variables) !== true)
    .map(({ check }) => check);
}

const included = "what old's configuration includes is found in the downtime, too";

describe("before old's Dovecot hands mailboxes over in the downtime", () => {
  test("it is asked for its users", () => {
    expect(stops({})).toEqual([]);
    expect(stops({ code: 75 })).toEqual(["old's Dovecot lists its users"]);
    expect(stops({ code: 75, frozen: true })).toEqual([]);
  });

  test.each(["!include conf.d/*.conf\n", "a = b\n  !include_try local.conf\n"])(
    "a configuration that lies elsewhere and says %j is seen",
    (text) => {
      expect(stops({ text, beside: false })).toEqual([included]);
      expect(stops({ text })).toEqual([]);
    },
  );

  test("absolute names, and words in a comment, are found from anywhere", () => {
    expect(stops({ text: "!include /etc/x.conf\n# !include y.conf\n", beside: false })).toEqual([]);
  });
});
