import type { FakeAnswer, FakeCall, FakeHost } from "./fake-host.ts";
import { contentOf, type FakeTables, sha256, sumsOf } from "./fake-tables.ts";

/** A PostgreSQL in memory behind a fake host, as far as postgresql_copy asks it. */
export class FakePostgresql {
  readonly databases: Record<string, FakeTables>;
  readonly statements: string[] = [];
  /** Answers queries of schema steps. */
  rows: (query: string, tables: FakeTables) => Record<string, string>[] = () => [];
  /** Does the statements of schema steps. */
  statement: (statement: string, tables: FakeTables) => void = () => {};

  constructor(host: FakeHost, databases: Record<string, FakeTables>) {
    this.databases = databases;
    host.answer(["sh", "-c"], (call) => this.#shell(call, host));
    host.answer(["pg_restore"], ({ argv }) => ({ exitCode: contentOf(host, argv[2]).length > 0 ? 0 : 1 }));
    host.answer(["sha256sum"], ({ argv }) => `${sha256(contentOf(host, argv[2]))}  ${argv[2]}\n`);
  }

  #shell({ argv, options }: FakeCall, host: FakeHost): FakeAnswer {
    const script = argv[2] ?? "";
    const file = argv[3] ?? "";
    const name = argv.at(-1)?.replace("--dbname=", "") ?? "";
    if (script.includes("pg_dump")) {
      const left = new Set(argv.map((word) => /^--exclude-table-data="(.*)"$/.exec(word)?.[1]));
      const tables = Object.entries(this.databases[name] ?? {}).map(([table, content]) => [
        table,
        left.has(table) ? { ...content, rows: [] } : content,
      ]);
      host.tree.put(file, { content: Buffer.from(JSON.stringify(Object.fromEntries(tables))) });
      return "";
    }
    if (script.includes("pg_restore --schema-only")) return "UTF8\n";
    if (script.includes("pg_restore")) {
      this.databases[name] = JSON.parse(contentOf(host, file).toString()) as FakeTables;
      return "";
    }
    return this.#client(String(options.stdin), name);
  }

  #client(script: string, name: string): FakeAnswer {
    if (script.includes("READ ONLY;")) {
      const queries = script.slice(script.indexOf("READ ONLY;")).split(/\\echo ---\n/);
      const answers = queries.slice(0, -1).map((query) => this.#rows(query, name));
      return answers.map((rows) => `${rows.map((row) => `${JSON.stringify(row)}\n`).join("")}---\n`).join("");
    }
    this.statements.push(script);
    for (const [, gone = ""] of script.matchAll(/DROP DATABASE IF EXISTS "([^"]+)"/g))
      delete this.databases[gone];
    for (const [, made = ""] of script.matchAll(/CREATE DATABASE "([^"]+)"/g)) this.databases[made] = {};
    for (const [, from = "", to = ""] of script.matchAll(/ALTER DATABASE "([^"]+)" RENAME TO "([^"]+)"/g)) {
      const moved = this.databases[from];
      if (moved === undefined || this.databases[to] !== undefined) throw new Error(`no rename of ${from}`);
      this.databases[to] = moved;
      delete this.databases[from];
    }
    this.statement(script, this.databases[name] ?? {});
    return "";
  }

  #rows(query: string, name: string): Record<string, string | null>[] {
    const tables = this.databases[name] ?? {};
    if (query.includes("SELECT 1 AS one FROM pg_database")) return named(query, this.databases, "one");
    if (query.includes("datname IN")) return named(query, this.databases, "name");
    if (query.includes("FROM ONLY")) return [this.#sums(query, tables)];
    if (query.includes("pg_attribute a"))
      return Object.entries(tables).flatMap(([table_name, { columns }]) =>
        columns.map((column_name) => ({ table_name, column_name, type: "text" })),
      );
    if (query.includes("relkind = 'r'")) return Object.keys(tables).map((table) => ({ name: table }));
    if (query.includes("relkind IN ('f'")) return [];
    return this.rows(query, tables);
  }

  #sums(query: string, tables: FakeTables): Record<string, string> {
    const table = /FROM ONLY public\."([^"]+)"/.exec(query)?.[1] ?? "";
    const columns = [...query.matchAll(/MD5\("([^"]+)"::text\)/g)].map(([, column = ""]) => column);
    const [n = "", checksum = "", ...single] = sumsOf(tables[table], [...new Set(columns)]);
    return { n, checksum, ...Object.fromEntries(single.map((sum, index) => [`c${index}`, sum])) };
  }
}

/** The databases that a query names, a row each. */
function named(query: string, databases: object, column: string): Record<string, string>[] {
  const names = [...query.matchAll(/E'([^']+)'/g)].map(([, name = ""]) => name);
  return names.filter((name) => Object.hasOwn(databases, name)).map((name) => ({ [column]: name }));
}
