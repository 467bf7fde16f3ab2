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
});
