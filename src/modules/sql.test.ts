import { describe, expect, test } from "vitest";
import { sql } from "./sql.ts";
import { sqlQuery } from "./sql-query.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { type FakeAnswer, type FakeCall, FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses, runModule } from "./testing/run-module.ts";

/** A host whose SQL client answers by what stands in the statements. */
function hostWithSql(answers: Readonly<Record<string, FakeAnswer>>): FakeHost {
  const answer = (call: FakeCall): FakeAnswer => {
    const asked = String(call.options.stdin);
    const key = Object.keys(answers).find((part) => asked.includes(part));
    return key === undefined ? "" : (answers[key] ?? "");
  };
  return new FakeHost({ commands: [{ argv: ["sh", "-c"], answer }] });
}

function resultSet(...rows: string[]): string {
  return `<?xml version="1.0"?>\n\n<resultset statement="select">${rows
    .map((fields) => `\n  <row>\n${fields}\n  </row>`)
    .join("")}\n</resultset>\n`;
}

const denied = { exitCode: 1, stderr: "ERROR 1698 (28000): Access denied for user 'root'@'localhost'\n" };

describe("sql", () => {
  test("runs the statement through standard input and counts the rows", async () => {
    const host = hostWithSql({ ROW_COUNT: resultSet('<field name="rows_changed">3</field>') });
    const { change, applied } = await runModule(
      sql,
      { database: "roundcube", statement: "UPDATE users SET secret='canary'" },
      host,
    );
    expect(change?.summary).toBe("run UPDATE users SET secret=…");
    expect(applied).toEqual({ result: { rows_changed: 3 }, unchanged: false });
    const run = host.commands.find(({ kind }) => kind === "run");
    expect(run?.argv).toContain("--database=roundcube");
    expect(host.commands.flatMap(({ argv }) => argv).join(" ")).not.toContain("canary");
  });

  test("has nothing to do when `unless` returns a row", async () => {
    const host = hostWithSql({ wanted: resultSet('<field name="1">1</field>') });
    const { change } = await runModule(sql, { statement: "ALTER x", unless: "SELECT 1 AS wanted" }, host);
    expect(change).toBeUndefined();
    expect(String(host.commands.at(-1)?.options.stdin)).toMatch(
      /^\/\*!50605 SET SESSION TRANSACTION READ ONLY \*\/;/,
    );
  });

  test("takes a data statement that touched nothing for unchanged, another one not", async () => {
    const host = hostWithSql({ ROW_COUNT: resultSet('<field name="rows_changed">0</field>') });
    const update = await runModule(sql, { statement: "update t set a = 1;" }, host);
    expect(update.applied?.unchanged).toBe(true);
    const alter = await runModule(sql, { statement: "ALTER TABLE t ADD b INT" }, host);
    expect(alter.applied?.unchanged).toBe(false);
  });

  test("logs in with Debian's account when root is denied, and says what to do when there is none", async () => {
    const first = hostWithSql({ "SELECT 1;": denied });
    first.tree.put("/etc/mysql/debian.cnf", {});
    await sql.check({ statement: "x", unless: "y" }, first, fakeContext());
    expect(first.commands.at(-1)?.argv).toContain("--defaults-file=/etc/mysql/debian.cnf");
    const second = hostWithSql({ "SELECT 1;": denied });
    await expect(sql.check({ statement: "x" }, second, fakeContext())).rejects.toMatchObject({
      message: "MariaDB on mail-new: ERROR 1698 (28000): Access denied for user 'root'@'localhost'",
      next: expect.stringContaining("defaults_file"),
    });
  });

  test.each([
    {},
    { statement: "" },
    { statement: "x", defaults_file: "my.cnf" },
    { statement: "x", db: "y" },
  ])("refuses %j", (args) => {
    expect(refuses(sql, args)).toBeDefined();
  });
});

describe("sql_query", () => {
  test("gives whole-number columns as numbers, NULL as null, and text exactly", async () => {
    const row = (id: string, rest: string) =>
      `<field name="id">${id}</field>\n<field name="n">7</field>${rest}`;
    const host = hostWithSql({
      users: resultSet(
        row(
          "1",
          '<field name="t">a &lt;b&gt; &amp;amp; &quot;\n\u00e9</field><field name="x" xsi:nil="true" />',
        ),
        row("007", '<field name="t">NULL</field><field name="x"></field>'),
      ),
    });
    const { result } = await lookWith(sqlQuery, { query: "SELECT * FROM users" }, host);
    expect(result).toEqual({
      rows: [
        { id: "1", n: 7, t: 'a <b> &amp; "\n\u00e9', x: null },
        { id: "007", n: 7, t: "NULL", x: "" },
      ],
      count: 2,
    });
  });

  test("keeps numbers that a double can't hold as text, and takes the last of several results", async () => {
    const big = resultSet('<field name="n">18446744073709551615</field>');
    const host = hostWithSql({ big: resultSet() + big });
    expect((await lookWith(sqlQuery, { query: "big" }, host)).result).toEqual({
      rows: [{ n: "18446744073709551615" }],
      count: 1,
    });
  });

  test("fails with the server's own words, and for bytes that are no text", async () => {
    const host = hostWithSql({
      nope: {
        exitCode: 1,
        stderr: "--------------\nnope\n--------------\n\nERROR 1054 (42S22) at line 2: Unknown column\n",
      },
      bytes: { stdout: Buffer.from([0xff]) },
    });
    await expect(lookWith(sqlQuery, { query: "nope" }, host)).rejects.toThrow(
      "MariaDB on mail-new: ERROR 1054 (42S22) at line 2: Unknown column",
    );
    await expect(lookWith(sqlQuery, { query: "bytes" }, host)).rejects.toMatchObject({
      next: expect.stringContaining("HEX"),
    });
  });

  test("asks PostgreSQL as its administrator, in a transaction that can't write", async () => {
    const host = new FakeHost();
    host.answer(["sh", "-c"], ({ argv, options }) => {
      expect(argv[2]).toContain("runuser -u postgres -- psql");
      expect(argv).toContain("--dbname=mailserver");
      expect(String(options.stdin)).toContain("REPEATABLE READ READ ONLY;");
      return '{"id":"1","t":"a\\nb","x":null}\n---\n';
    });
    const args = { kind: "postgresql" as const, database: "mailserver", query: "SELECT 1;" };
    expect((await lookWith(sqlQuery, args, host)).result).toEqual({
      rows: [{ id: 1, t: "a\nb", x: null }],
      count: 1,
    });
    const down = new FakeHost();
    const stderr = 'psql: error: connection to server on socket "/run/x" failed: No such file or directory';
    down.answer(["sh", "-c"], { exitCode: 2, stderr });
    await expect(lookWith(sqlQuery, args, down)).rejects.toMatchObject({
      next: expect.stringContaining("systemctl start postgresql"),
    });
  });

  test("asks an SQLite file, which it never makes, and tells no value of what went wrong", async () => {
    const host = new FakeHost();
    host.answer(["sh", "-c"], ({ argv, options }) => {
      expect(argv.at(-1)).toBe("file:/srv/a%20b%3F.db?mode=rw");
      const nothing = /\.nullvalue (\S+)/.exec(String(options.stdin))?.[1] ?? "";
      // It keeps no more than that.
      expect(nothing.length).toBeLessThan(20);
      expect(String(options.stdin)).toContain("PRAGMA query_only = 1;");
      return `<TR><TH>id</TH>\n<TH>t</TH>\n</TR>\n<TR><TD>1</TD>\n<TD>${nothing}</TD>\n</TR>\n<TR><TD>2</TD>\n<TD>&lt;a&amp;&#39;\nb</TD>\n</TR>\n`;
    });
    const args = { kind: "sqlite" as const, database: "/srv/a b?.db", query: "SELECT 1" };
    expect((await lookWith(sqlQuery, args, host)).result).toEqual({
      rows: [
        { id: 1, t: null },
        { id: 2, t: "<a&'\nb" },
      ],
      count: 2,
    });
    const wrong = new FakeHost();
    wrong.answer(["sh", "-c"], {
      exitCode: 1,
      stderr: "Parse error near line 1: no such column: x\n  SELECT 'canary'\n",
    });
    await expect(lookWith(sqlQuery, args, wrong)).rejects.toThrow(/no such column: x$/);
    expect(refuses(sqlQuery, { kind: "sqlite", query: "SELECT 1" })).toBeDefined();
  });
});
