import { readFile } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { OutcomeUnknown, Refused } from "../../contract/errors.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { FakeMariadb } from "../testing/fake-mariadb.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import { mariadbCopy } from "./mariadb-copy.ts";

let old: FakeHost;
let fresh: FakeHost;
let oldData: FakeMariadb;
let newData: FakeMariadb;
let context: FakeContext;

const args = { from: "mail-old", database: "mailserver" };

beforeEach(() => {
  old = new FakeHost({ name: "mail-old", address: "192.0.2.10", facts: { machine_id: "old" } });
  fresh = new FakeHost({ name: "mail-new", facts: { machine_id: "new" } });
  old.tree.put("/var/lib/mailferry", { type: "directory" });
  fresh.tree.put("/var/lib/mailferry", { type: "directory" });
  oldData = new FakeMariadb(old, {
    mailserver: {
      virtual_domains: { columns: ["id", "name"], rows: [["1", "example.org"]] },
      virtual_users: {
        columns: ["id", "password"],
        rows: [
          ["1", "canary-1"],
          ["2", null],
        ],
      },
    },
  });
  newData = new FakeMariadb(fresh, {});
  fresh.answer(["rsync"], ({ argv }, at) => {
    const path = argv.at(-1) ?? "";
    at.tree.put(path, { content: old.tree.read(path) ?? Buffer.alloc(0) });
    return "";
  });
  context = fakeContext({ peers: [old] });
});

const check = (more: object = {}) => mariadbCopy.check({ ...args, ...more }, fresh.reader(), context);
const copy = (more: object = {}) => runModule(mariadbCopy, { ...args, ...more }, fresh, context);

describe("mariadb_copy", () => {
  test("copies a database that new does not have, then has nothing left to do", async () => {
    const { change, applied, left } = await copy();
    expect(change?.summary).toBe("copy database mailserver from mail-old: 2 tables, 3 rows");
    expect(applied?.result).toMatchObject({ database: "mailserver", tables: 2, rows: 3 });
    expect(left).toBeUndefined();
    expect(newData.databases).toEqual(oldData.databases);
    expect(context.dataLinks).toEqual([
      { source: "mail-old", target: "mail-new", directory: "/var/lib/mailferry/dump-mailserver" },
    ]);
  });

  test("never replaces a database of old", async () => {
    context = fakeContext({ peers: [old], sides: { old: ["mail-new"], new: ["mail-old"] } });
    await expect(copy({ replace_existing: true })).rejects.toThrow("mail-new is the old host");
  });

  test("leaves no dump behind, and no value in any command", async () => {
    await copy();
    for (const host of [old, fresh]) {
      expect(host.tree.under("/var/lib/mailferry/dump-mailserver")).toEqual([]);
      expect(JSON.stringify(host.commands.map(({ argv }) => argv))).not.toContain("canary");
    }
    const record = JSON.parse(
      await readFile((await context.lastRunFile("mariadb-mailserver.json")) ?? "", "utf8"),
    );
    expect(record).toMatchObject({ rows: 3, source: { virtual_users: { rows: 2 } } });
    expect(fresh.writes.map(({ options }) => options.mode)).toEqual(["0600", "0600"]);
  });

  test("copies again what changed on old, over its own rows", async () => {
    await copy();
    oldData.databases.mailserver?.virtual_users?.rows.push(["3", "x"]);
    expect((await copy()).change?.diff?.[0]?.after).toContain("virtual_users: 3 rows");
    expect(newData.databases).toEqual(oldData.databases);
  });

  test("does the schema steps after each import, and finds them done", async () => {
    const steps = [
      { unless: "SELECT unique_name", statement: "ALTER TABLE virtual_domains ADD UNIQUE (name)" },
    ];
    const altered = new Set<object>();
    newData.rows = (_query, name) =>
      altered.has(newData.databases[name]?.virtual_domains ?? {}) ? [{ found: "1" }] : [];
    newData.statement = (_statement, name) => altered.add(newData.databases[name]?.virtual_domains ?? {});
    const { left } = await copy({ schema_steps: steps });
    expect(left).toBeUndefined();
    expect(altered.has(newData.databases.mailserver?.virtual_domains ?? {})).toBe(true);
  });

  test("fails when a step does not do what its query looks for, and cleans up", async () => {
    const steps = [{ unless: "SELECT never", statement: "ALTER TABLE virtual_domains ADD x INT" }];
    await expect(copy({ schema_steps: steps })).rejects.toThrow("finds no row");
    expect(Object.keys(newData.databases)).toEqual([]);
    expect(old.tree.under("/var/lib/mailferry/dump-mailserver")).toEqual([]);
  });

  test("names the rows on old that forbid a step", async () => {
    oldData.rows = () => [{ name: "example.org", times: "2" }];
    const step = {
      unless: "u",
      statement: "ADD UNIQUE",
      refuse_if: "SELECT duplicates",
      because: "names must differ",
    };
    await expect(check({ schema_steps: [step] })).rejects.toThrow(
      'rows in mailserver on mail-old forbid "ADD UNIQUE" (names must differ): example.org × 2',
    );
  });

  test("refuses rows that it did not bring, unless they may go", async () => {
    await copy();
    newData.databases.mailserver = {
      ...newData.databases.mailserver,
      virtual_domains: { columns: ["id", "name"], rows: [["9", "somebody.example"]] },
    };
    await expect(check()).rejects.toThrow("did not bring: virtual_domains (1 rows)");
    expect((await check({ replaceable_tables: ["virtual_domains"] }))?.summary).toContain("copy database");
    const { left } = await copy({ replace_existing: true });
    expect(left).toBeUndefined();
    expect(newData.databases).toEqual(oldData.databases);
  });

  test("takes values that changed places for somebody's doing", async () => {
    await copy();
    const users = newData.databases.mailserver?.virtual_users;
    if (users)
      users.rows = [
        ["2", "canary-1"],
        ["1", null],
      ];
    await expect(check()).rejects.toBeInstanceOf(Refused);
    expect(await check({ exclude_columns: ["virtual_users.password"] })).toBeUndefined();
  });

  test("after new was opened there is nothing to do, or it is refused", async () => {
    await copy();
    context.latchesSet.add("new-opened");
    expect(await check()).toBeUndefined();
    oldData.databases.mailserver?.virtual_users?.rows.pop();
    await expect(check()).rejects.toThrow("new has been opened");
  });

  test("the latch is asked again before the swap", async () => {
    const change = await check();
    if (change === undefined) throw new Error("there is something to do");
    fresh.answer(["rsync"], ({ argv }, at) => {
      context.latchesSet.add("new-opened");
      at.tree.put(argv.at(-1) ?? "", { content: old.tree.read(argv.at(-1) ?? "") ?? Buffer.alloc(0) });
      return "";
    });
    await expect(mariadbCopy.apply(change, fresh, context)).rejects.toThrow("new has been opened");
    expect(newData.databases).toEqual({});
  });

  test.each([
    ["no database", () => delete oldData.databases.mailserver, "no database mailserver with tables"],
    [
      "no rows",
      () => {
        for (const table of Object.values(oldData.databases.mailserver ?? {})) table.rows = [];
      },
      "is empty",
    ],
    ["a view", () => (oldData.programs.mailserver = ["view users"]), "more than tables: view users"],
  ])("refuses a source with %s", async (_what, spoil, message) => {
    spoil();
    const refused = check();
    await expect(refused).rejects.toBeInstanceOf(Refused);
    await expect(refused).rejects.toThrow(message);
  });

  test("refuses one machine under two names", async () => {
    context = fakeContext({ peers: [new FakeHost({ name: "mail-old", facts: { machine_id: "new" } })] });
    await expect(check()).rejects.toThrow("are one machine");
  });

  test("a dump that is cut short is never imported", async () => {
    old.answer(["tail"], "INSERT INTO `virtual_us");
    await expect(copy()).rejects.toThrow("cut short");
    expect(newData.databases).toEqual({});
  });

  test("a dump that was killed is never imported", async () => {
    old.answer(["sh", "-c"], ({ argv }) =>
      argv[2]?.includes("mariadb-dump") ? { exitCode: 137, stderr: "Killed\n" } : undefined,
    );
    await expect(copy()).rejects.toThrow(
      "the dump of mailserver on mail-old ended with exit code 137: Killed",
    );
    expect(newData.databases).toEqual({});
  });

  test("a dump that changed on its way is never imported", async () => {
    fresh.answer(["rsync"], ({ argv }, at) => {
      at.tree.put(argv.at(-1) ?? "", { content: Buffer.from("x") });
      return "";
    });
    await expect(copy()).rejects.toThrow("is not what mail-old sent");
  });

  test("a copy that differs is not put in place", async () => {
    fresh.answer(["sh", "-c"], ({ argv }) => {
      if (!argv[2]?.includes("read -r first")) return undefined;
      newData.databases.mailserver_mailferry_staging = structuredClone(oldData.databases.mailserver ?? {});
      newData.databases.mailserver_mailferry_staging.virtual_users?.rows.pop();
      return "";
    });
    await expect(copy()).rejects.toMatchObject({
      kind: "proof-failed",
      message: expect.stringContaining("table virtual_users has 1 rows, not 2"),
    });
    expect(newData.databases).toEqual({});
  });

  test("dumps again when old was written to during the dump", async () => {
    let dumps = 0;
    old.answer(["sh", "-c"], ({ argv }) => {
      if (argv[2]?.includes("mariadb-dump") && dumps++ === 0) {
        oldData.databases.mailserver?.virtual_users?.rows.push(["3", "late"]);
      }
      return undefined;
    });
    expect((await copy()).left).toBeUndefined();
    expect(dumps).toBe(2);
    expect(context.notices[0]).toContain("once more");
  });

  test("a swap that nobody saw the end of is found done", async () => {
    newData.loseLinkAfter = "RENAME TABLE";
    await expect(copy()).rejects.toBeInstanceOf(OutcomeUnknown);
    expect(newData.databases).toEqual(oldData.databases);
    expect(await check()).toBeUndefined();
  });

  test("removes what a broken copy left behind, even when the copy stands", async () => {
    await copy();
    newData.databases.mailserver_mailferry_previous = {};
    old.tree.put("/var/lib/mailferry/dump-mailserver/dump.sql", { content: Buffer.from("canary") });
    context.latchesSet.add("new-opened");
    const { change, left } = await copy();
    expect(change?.summary).toBe(
      "remove what a broken copy left: database mailserver_mailferry_previous, /var/lib/mailferry/dump-mailserver on mail-old",
    );
    expect(left).toBeUndefined();
    expect(newData.databases).toEqual(oldData.databases);
  });

  test("an import that fails tells no values", async () => {
    const stderr = "ERROR 1064 (42000) at line 9: You have an error near 'canary-1'";
    fresh.answer(["sh", "-c"], ({ argv }) =>
      argv[2]?.includes("read -r first") ? { exitCode: 1, stderr } : undefined,
    );
    await expect(copy()).rejects.toThrow(/at line 9: You have an error$/);
  });

  test.each([
    {},
    { from: "a" },
    { ...args, database: "mysql" },
    { ...args, database: "a b" },
    { ...args, schema_steps: [{ statement: "x" }] },
    { ...args, exclude_columns: ["last_login"] },
    { ...args, replace_existing: "yes" },
  ])("refuses the arguments %j", (wrong) => {
    expect(refuses(mariadbCopy, wrong)).toBeDefined();
  });
});
