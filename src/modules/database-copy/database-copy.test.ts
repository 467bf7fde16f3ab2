import { beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../contract/change.ts";
import type { ChangingModule } from "../../contract/module.ts";
import { postgresqlCopy } from "../postgresql-copy/postgresql-copy.ts";
import { sqliteCopy } from "../sqlite-copy/sqlite-copy.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { FakePostgresql } from "../testing/fake-postgresql.ts";
import { FakeSqlite } from "../testing/fake-sqlite.ts";
import type { FakeTables } from "../testing/fake-tables.ts";
import { refuses, runModule } from "../testing/run-module.ts";

let old: FakeHost;
let fresh: FakeHost;
let context: FakeContext;

beforeEach(() => {
  old = new FakeHost({ name: "mail-old", address: "192.0.2.10", facts: { machine_id: "old" } });
  fresh = new FakeHost({ name: "mail-new", facts: { machine_id: "new" } });
  for (const host of [old, fresh]) host.tree.put("/var/lib/mailferry", { type: "directory" });
  fresh.answer(["rsync"], ({ argv }, at) => {
    const path = argv.at(-1) ?? "";
    at.tree.put(path, { content: old.tree.read(path) ?? Buffer.alloc(0) });
    return "";
  });
  context = fakeContext({ peers: [old] });
});

/** Databases of one kind on the two hosts, and the module that copies them. */
interface Sides {
  /** The module forgets its types, as in the registry. */
  readonly module: ChangingModule<object, Change>;
  readonly args: object;
  readonly old: () => FakeTables;
  readonly new: () => FakeTables;
  readonly write: (side: "old" | "new", tables: FakeTables) => void;
  /** Schema steps, as the fakes take them. */
  readonly fakes: readonly (FakeSqlite | FakePostgresql)[];
}

function sqliteSides(): Sides {
  const [oldData, newData] = [new FakeSqlite(old), new FakeSqlite(fresh)];
  const of = { old: [oldData, "/srv/mail/users.db"], new: [newData, "/var/lib/mail/users.db"] } as const;
  return {
    module: sqliteCopy as unknown as ChangingModule<object, Change>,
    args: { from: "mail-old", path: of.new[1], from_path: of.old[1] },
    old: () => oldData.read(of.old[1]),
    new: () => newData.read(of.new[1]),
    write: (side, tables) => of[side][0].write(of[side][1], tables),
    fakes: [oldData, newData],
  };
}

function postgresqlSides(): Sides {
  const [oldData, newData] = [new FakePostgresql(old, {}), new FakePostgresql(fresh, {})];
  const of = { old: oldData, new: newData };
  return {
    module: postgresqlCopy as unknown as ChangingModule<object, Change>,
    args: { from: "mail-old", database: "mailserver" },
    old: () => oldData.databases.mailserver ?? {},
    new: () => newData.databases.mailserver ?? {},
    write: (side, tables) => {
      of[side].databases.mailserver = tables;
    },
    fakes: [oldData, newData],
  };
}

const tables = (): FakeTables => ({
  virtual_domains: { columns: ["id", "name"], rows: [["1", "example.org"]] },
  virtual_users: {
    columns: ["id", "password"],
    rows: [
      ["1", "canary-1"],
      ["2", null],
    ],
  },
});
const empty = (): FakeTables => ({
  virtual_domains: { columns: ["id", "name"], rows: [] },
  virtual_users: { columns: ["id", "password"], rows: [] },
});

describe.each([
  ["sqlite_copy", sqliteSides],
  ["postgresql_copy", postgresqlSides],
] as const)("%s", (_name, make) => {
  let sides: Sides;
  beforeEach(() => {
    sides = make();
    sides.write("old", tables());
    sides.write("new", empty());
  });

  const check = (more: object = {}) =>
    sides.module.check({ ...sides.args, ...more }, fresh.reader(), context);
  const copy = (more: object = {}) => runModule(sides.module, { ...sides.args, ...more }, fresh, context);

  test("copies what new does not have, then has nothing left to do", async () => {
    const { change, applied, left } = await copy();
    expect(change?.summary).toContain("from mail-old: 2 tables, 3 rows");
    expect(applied?.result).toMatchObject({ tables: 2, rows: 3 });
    expect(left).toBeUndefined();
    expect(sides.new()).toEqual(sides.old());
    for (const host of [old, fresh]) {
      expect(JSON.stringify(host.commands.map(({ argv }) => argv))).not.toContain("canary");
      expect(host.tree.under("/var/lib/mailferry").filter((path) => path.includes("/dump"))).toEqual([]);
    }
  });

  test("leaves rows of some tables out, whether old has these tables or not", async () => {
    await copy({ skip_rows_of: ["cache", "virtual_users"] });
    expect(sides.new()).toEqual({ ...tables(), virtual_users: empty().virtual_users });
  });

  test("copies again what changed on old, over its own rows alone", async () => {
    await copy();
    sides.write("old", {
      ...tables(),
      virtual_domains: { columns: ["id", "name"], rows: [["2", "b.example"]] },
    });
    await copy();
    expect(sides.new()).toEqual(sides.old());
    sides.write("new", {
      ...sides.new(),
      virtual_domains: { columns: ["id", "name"], rows: [["9", "c.example"]] },
    });
    await expect(check()).rejects.toThrow("did not bring: virtual_domains (1 rows)");
    expect((await copy({ replace_existing: true })).left).toBeUndefined();
    expect(sides.new()).toEqual(sides.old());
  });

  test("does the schema steps, and refuses what forbids them", async () => {
    const step = { unless: "SELECT done", statement: "ALTER TABLE virtual_domains ADD x" };
    for (const fake of sides.fakes) {
      fake.rows = (query, { virtual_domains }) =>
        query.includes("duplicates") || virtual_domains?.columns.includes("x")
          ? [{ name: "example.org" }]
          : [];
      fake.statement = (statement, { virtual_domains }) => {
        if (!statement.includes("ADD x")) return;
        virtual_domains?.columns.push("x");
        for (const row of virtual_domains?.rows ?? []) row.push("0");
      };
    }
    expect((await copy({ schema_steps: [step] })).left).toBeUndefined();
    expect(sides.new().virtual_domains?.columns).toEqual(["id", "name", "x"]);
    const forbidden = { ...step, refuse_if: "SELECT duplicates", because: "names must differ" };
    await expect(check({ schema_steps: [forbidden] })).rejects.toThrow("(names must differ): example.org");
  });

  test("after new was opened there is nothing to do, or it is refused", async () => {
    await copy();
    context.latchesSet.add("new-opened");
    expect(await check()).toBeUndefined();
    sides.write("old", { ...tables(), more: { columns: ["id"], rows: [["1"]] } });
    await expect(check()).rejects.toThrow("new has been opened");
  });

  test("a copy that differs is not put in place", async () => {
    fresh.answer(["rsync"], ({ argv }, at) => {
      const path = argv.at(-1) ?? "";
      at.tree.put(path, { content: Buffer.from(JSON.stringify(empty())) });
      return "";
    });
    await expect(copy()).rejects.toThrow("is not what mail-old sent");
    expect(sides.new()).toEqual(empty());
  });

  test("refuses where there is nothing to copy from, or nobody knows who may read it on new", async () => {
    if (sides.module.name === "sqlite_copy") await fresh.run(["rm", "-f", "--", "/var/lib/mail/users.db"]);
    else sides.write("new", {});
    await expect(check()).rejects.toThrow("on new");
    sides.write("new", empty());
    sides.write("old", {});
    await expect(check()).rejects.toThrow("with tables on mail-old");
    sides.write("old", empty());
    await expect(check()).rejects.toThrow("is empty");
  });

  test("refuses one machine under two names, and arguments that it does not know", async () => {
    expect(refuses(sides.module, { from: "a" })).toBeDefined();
    expect(refuses(sides.module, { ...sides.args, schema_steps: [{ statement: "x" }] })).toBeDefined();
    context = fakeContext({ peers: [new FakeHost({ name: "mail-old", facts: { machine_id: "new" } })] });
    await expect(check()).rejects.toThrow("are one machine");
  });
});

test("sqlite_copy puts no damaged file in place", async () => {
  const sides = sqliteSides();
  sides.write("old", tables());
  sides.write("new", empty());
  const damaged = sides.fakes[0] as FakeSqlite;
  damaged.soundness = "*** in database main ***\nrow 3 missing from index";
  await expect(runModule(sides.module, sides.args, fresh, context)).rejects.toThrow(
    "is damaged: *** in database",
  );
  expect(sides.new()).toEqual(empty());
});

test("postgresql_copy leaves users' rights as they are on new, and drops what it swapped out", async () => {
  const sides = postgresqlSides();
  sides.write("old", tables());
  sides.write("new", empty());
  const server = sides.fakes[1] as FakePostgresql;
  server.rows = (query) =>
    query.includes("aclexplode") ? [{ statement: "GRANT SELECT ON t TO reader" }] : [];
  await runModule(sides.module, sides.args, fresh, context);
  const [granted, swapped] = ["GRANT SELECT ON t TO reader", "RENAME TO"].map((words) =>
    server.statements.findIndex((statement) => statement.includes(words)),
  );
  expect(granted).toBeGreaterThan(0);
  expect(swapped).toBeGreaterThan(granted ?? 0);
  expect(Object.keys(server.databases)).toEqual(["mailserver"]);
});
