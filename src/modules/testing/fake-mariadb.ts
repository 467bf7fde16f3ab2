import { OutcomeUnknown } from "../../contract/errors.ts";
import type { FakeAnswer, FakeCall, FakeHost } from "./fake-host.ts";
import { contentOf, type FakeTables, sha256, sumsOf } from "./fake-tables.ts";

export type FakeDatabases = Record<string, FakeTables>;

/**
 * A MariaDB in memory behind a fake host: it answers the client, the dump and the import as far as mariadb_copy asks
 * them. A statement it doesn't know goes to `statement`; a query to `rows`, which gives the rows of one result.
 */
export class FakeMariadb {
  readonly databases: FakeDatabases;
  /** Views, triggers and the like by database, as "view name". */
  readonly programs: Record<string, string[]> = {};
  readonly statements: string[] = [];
  /** Once a statement that holds this is done, the link is lost. */
  loseLinkAfter: string | undefined;
  /** Answers queries of schema steps by what stands in them. */
  rows: (query: string, database: string) => Record<string, string>[] = () => [];
  /** Does the statements of schema steps. */
  statement: (statement: string, database: string) => void = () => {};

  constructor(host: FakeHost, databases: FakeDatabases) {
    this.databases = databases;
    host.answer(["sh", "-c"], (call, at) => this.#answer(call, at));
    host.answer(["sha256sum"], (call, at) => `${sha256(contentOf(at, call.argv[2]))}  ${call.argv[2]}\n`);
    host.answer(["tail"], (call, at) => contentOf(at, call.argv.at(-1)).subarray(-200).toString());
  }

  #answer({ argv, options }: FakeCall, host: FakeHost): FakeAnswer {
    const shellScript = argv[2] ?? "";
    const path = argv[3] ?? "";
    const database = argv.find((word) => word.startsWith("--database="))?.slice("--database=".length) ?? "";
    if (shellScript.includes("mariadb-dump")) return this.#dump(host, path, argv.at(-1) ?? "");
    if (shellScript.includes("read -r first")) return this.#import(host, path, database);
    const script = String(options.stdin);
    const answer = this.#client(script, database);
    const isLost = this.loseLinkAfter !== undefined && script.includes(this.loseLinkAfter);
    return isLost ? new OutcomeUnknown("the link was lost", { host: host.name }) : answer;
  }

  #dump(host: FakeHost, path: string, database: string): FakeAnswer {
    const content = `-- dump\n${JSON.stringify(this.databases[database])}\n-- Dump completed\n`;
    host.tree.put(path, { content: Buffer.from(content), mode: "0600" });
    return "";
  }

  #import(host: FakeHost, path: string, database: string): FakeAnswer {
    this.databases[database] = JSON.parse(contentOf(host, path).toString().split("\n")[1] ?? "{}");
    return "";
  }

  #client(script: string, database: string): FakeAnswer {
    this.statements.push(script);
    if (script.includes("schema_name IN")) return this.#namesAmong(script);
    if (script.includes("information_schema.schemata")) return this.#structure(namesIn(script)[0] ?? "");
    if (script.includes("CONSISTENT SNAPSHOT")) return this.#sums(script, database);
    if (/\b(RENAME|CREATE DATABASE|DROP DATABASE)\b/.test(script)) return this.#define(script);
    if (script.startsWith("/*!50605 SET SESSION TRANSACTION READ ONLY */"))
      return resultSet(this.rows(script, database));
    this.statement(script, database);
    return "";
  }

  #namesAmong(script: string): string {
    const found = namesIn(script).filter((name) => Object.hasOwn(this.databases, name));
    return resultSet(found.map((name) => ({ name })));
  }

  #structure(database: string): string {
    const tables = Object.entries(this.databases[database] ?? {});
    const programs = this.programs[database] ?? [];
    const columns = tables.flatMap(([table_name, { columns }]) =>
      columns.map((column_name) => ({ table_name, column_name, type: "text" })),
    );
    return [
      Object.hasOwn(this.databases, database) ? [{ name: database }] : [],
      tables.map(([name]) => ({ name, kind: "BASE TABLE" })),
      columns,
      programs.map((program) => ({ kind: program.split(" ")[0] ?? "", name: program.split(" ")[1] ?? "" })),
      [],
    ]
      .map(resultSet)
      .join("");
  }

  #sums(script: string, database: string): string {
    const selects = [...script.matchAll(/^SELECT COUNT.* FROM `([^`]+)`/gm)];
    return selects.map(([select, table = ""]) => this.#sumsOf(select, database, table)).join("");
  }

  #sumsOf(select: string, database: string, table: string): string {
    const columns = [...select.matchAll(/MD5\(`([^`]+)`\)[^`]*? AS c\d+/g)].map(([, column = ""]) => column);
    const [n = "", checksum = "", ...single] = sumsOf(this.databases[database]?.[table], columns);
    return resultSet([
      { n, checksum, ...Object.fromEntries(single.map((sum, index) => [`c${index}`, sum])) },
    ]);
  }

  #define(script: string): string {
    for (const [, name = ""] of script.matchAll(/DROP DATABASE (?:IF EXISTS )?`([^`]+)`/g)) {
      delete this.databases[name];
    }
    for (const [, name = ""] of script.matchAll(/CREATE DATABASE (?:IF NOT EXISTS )?`([^`]+)`/g)) {
      this.databases[name] ??= {};
    }
    for (const [, from = "", table = "", to = ""] of script.matchAll(
      /`([^`]+)`\.`([^`]+)` TO `([^`]+)`\./g,
    )) {
      const moved = this.databases[from]?.[table];
      const target = this.databases[to];
      if (moved === undefined || target === undefined || target[table])
        throw new Error(`no rename of ${table}`);
      target[table] = moved;
      delete this.databases[from]?.[table];
    }
    return "";
  }
}

/** What the client prints with --xml for one result. */
function resultSet(rows: readonly Readonly<Record<string, string>>[]): string {
  const lines = rows.map((row) => {
    const fields = Object.entries(row).map(([name, value]) => `<field name="${name}">${value}</field>`);
    return `<row>${fields.join("")}</row>`;
  });
  return `<resultset statement="">${lines.join("")}</resultset>`;
}

/** The names that are written as hexadecimal literals. */
function namesIn(script: string): string[] {
  return [...script.matchAll(/X'([0-9a-f]+)'/g)].map(([, hex = ""]) =>
    Buffer.from(hex, "hex").toString("utf8"),
  );
}
