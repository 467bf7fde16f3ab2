import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { JsonObject } from "../../src/contract/json.ts";
import { evaluateExpression } from "../../src/expression/cel.ts";
import { renderText } from "../../src/expression/template.ts";
import { uidlMaker } from "../../src/mail/pop3-uidl.ts";
import { dovecotPop3 } from "../../src/modules/doveadm/dovecot-pop3.ts";
import { FakeHost } from "../../src/modules/testing/fake-host.ts";
import { lookWith } from "../../src/modules/testing/run-module.ts";

interface Item {
  readonly check: string;
  readonly ok_when: string;
  readonly otherwise?: string;
  readonly found: string;
}

interface Task {
  readonly when?: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly checklist?: { readonly items: readonly Item[] };
  readonly pop3_proof?: object;
}

/** What a role makes of both Dovecots' POP3 settings, before the downtime and after it. */
function tasksOf(name: string, role = "maildir"): readonly Task[] {
  const file = new URL(`../../roles/${role}/tasks/${name}.yml`, import.meta.url);
  return parse(readFileSync(file, "utf8")) as readonly Task[];
}

const items = tasksOf("layout").flatMap(({ checklist }) => checklist?.items ?? []);
const proof = tasksOf("verify").find((task) => "pop3_proof" in task);

async function settingsOf(answer: string) {
  const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer }] });
  return (await lookWith(dovecotPop3, {}, host)).result;
}

async function judge({ old, fresh = old, wanted = true }: { old: string; fresh?: string; wanted?: boolean }) {
  const variables = {
    ...{ maildir_pop3: wanted, maildir_imap: false },
    maildir_pop3_old: (await settingsOf(old)) ?? {},
    maildir_pop3_new: (await settingsOf(fresh)) ?? {},
  };
  return {
    rows: failedRows(
      items.filter(({ check }) => check.includes("POP3")),
      variables,
    ),
    isProven: evaluateExpression(proof?.when ?? "", variables),
  };
}

function failedRows(judged: readonly Item[], variables: JsonObject): string[] {
  return judged
    .filter(({ ok_when }) => evaluateExpression(ok_when, variables) !== true)
    .map(({ otherwise = "stop", found }) => `${otherwise}: ${renderText(found, variables, "tasks.yml")}`);
}

const pop3 = (format: string, reuse = "no") =>
  `protocols = imap pop3\npop3_uidl_format = ${format}\npop3_reuse_xuidl = ${reuse}\n`;

describe("POP3 on both sides", () => {
  test.each(["%08Xu%08Xv", "%f", "%m", "%{md5}", "%08u"])(
    "preflight warns of %s exactly where verify leaves the proof out, and stops nothing",
    async (format) => {
      const { rows, isProven } = await judge({ old: pop3(format) });
      expect(isProven).toBe(uidlMaker(format) !== undefined);
      expect(rows).toEqual(isProven ? [] : [expect.stringMatching(/^warning: .* on old$/)]);
    },
  );

  test("ids of a header are warned of, and a difference in it alone is shown", async () => {
    const [kept, plain] = [pop3("%u", "yes"), pop3("%u")];
    expect(await judge({ old: kept })).toEqual({
      rows: ["warning: X-UIDL, else %{uid} on old"],
      isProven: false,
    });
    expect((await judge({ old: plain, fresh: kept })).rows).toEqual([
      "stop: %{uid} on old, X-UIDL, else %{uid} on new",
    ]);
  });

  test("nothing is asked of new where old serves no POP3, or nobody uses it", async () => {
    const none = "protocols = imap\n";
    expect(await judge({ old: none })).toEqual({ rows: [], isProven: false });
    expect(await judge({ old: pop3("%m"), fresh: none, wanted: false })).toEqual({
      ...{ rows: [], isProven: false },
    });
    expect((await judge({ old: pop3("%u"), fresh: none })).rows).toEqual(["stop: new does not"]);
  });
});

describe("POP3 where new keeps its mail in dbox", () => {
  const task = tasksOf("pop3", "dbox").find(({ checklist }) => checklist !== undefined);

  test.each([
    { old: "%08Xu%08Xv", fresh: "%{uid | hex(8)}%{uidvalidity | hex(8)}", rows: [] },
    { old: "%f", fresh: "%{guid}", rows: [] },
    { old: "%f", fresh: "%{filename}", rows: ["stop: %{filename} on old, %{filename} on new"] },
    { old: "%u", fresh: "%{guid}", rows: ["stop: %{uid} on old, %{guid} on new"] },
    { old: "%m", fresh: "%{md5}", rows: ["warning: %{md5} on old"] },
  ])("preflight judges $old on old and $fresh on new", async ({ old, fresh, rows }) => {
    const both = {
      dbox_pop3_old: (await settingsOf(pop3(old))) ?? {},
      dbox_pop3_new: (await settingsOf(pop3(fresh))) ?? {},
    };
    const { dbox_uidl_format: template = "" } = task?.vars ?? {};
    const variables = { ...both, dbox_uidl_format: renderText(template, both, "pop3.yml") };
    expect(failedRows(task?.checklist?.items ?? [], variables)).toEqual(rows);
  });
});
