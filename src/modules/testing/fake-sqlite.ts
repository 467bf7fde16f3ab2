import type { FakeAnswer, FakeCall, FakeHost } from "./fake-host.ts";
import { contentOf, type FakeTables, sha256, sumsOf } from "./fake-tables.ts";

/** SQLite on a fake host, as far as sqlite_copy asks it: a file holds its tables as JSON. */
export class FakeSqlite {
  readonly #host: FakeHost;
  /** What an integrity check says. */
  soundness = "ok";
  /** Answers queries of schema steps. */
  rows: (query: string, tables: FakeTables) => Record<string, string>[] = () => [];
  /** Does the statements of schema steps. */
  statement: (statement: string, tables: FakeTables) => void = () => {};

  constructor(host: FakeHost) {
    this.#host = host;
    host.answer(["test", "-f"], ({ argv }) => ({
      exitCode: host.tree.read(argv[2] ?? "") === undefined ? 1 : 0,
    }));
    host.answer(["sh", "-c"], (call) => this.#shell(call));
    host.answer(["sqlite3"], ({ argv, options }) => this.#restore(nameIn(argv), options));
    host.answer(["sha256sum"], ({ argv }) => `${sha256(contentOf(host, argv[2]))}  ${argv[2]}\n`);
  }

  read(file: string): FakeTables {
    return JSON.parse(contentOf(this.#host, file).toString() || "{}") as FakeTables;
  }

  write(file: string, tables: FakeTables): void {
    this.#host.tree.put(file, { content: Buffer.from(JSON.stringify(tables)) });
  }

  #shell({ argv, options }: FakeCall): FakeAnswer {
    const file = nameIn(argv);
    if (argv[2]?.includes(".backup")) {
      this.write(argv[3] ?? "", this.read(file));
      return "";
    }
    const script = String(options.stdin);
    if (script.includes("integrity_check")) return `${this.soundness}\n`;
    if (script.includes(".once")) return this.#sums(script, this.read(file));
    if (script.includes(".mode html")) return this.#rows(script, this.read(file));
    const tables = this.read(file);
    for (const [, table = ""] of script.matchAll(/DELETE FROM "([^"]+)"/g)) {
      if (tables[table] === undefined) return { exitCode: 1, stderr: `Error: no such table: ${table}\n` };
      tables[table].rows = [];
    }
    this.statement(script, tables);
    this.write(file, tables);
    return "";
  }

  #sums(script: string, tables: FakeTables): string {
    const queries = [...script.matchAll(/^SELECT (.*) FROM "([^"]+)";$/gm)];
    const asked = new Map<string, string[]>();
    for (const [, values = "", table = ""] of queries) {
      const columns = [...values.matchAll(/typeof\("([^"]+)"\)/g)].map(([, column = ""]) => column);
      asked.set(table, [...(asked.get(table) ?? []), ...(columns.length === 1 ? columns : [])]);
    }
    return [...asked]
      .flatMap(([table, columns]) => {
        const [count = "", ...sums] = sumsOf(tables[table], [...new Set(columns)]);
        return [count, ...sums.map((sum) => `${sum}  -`)];
      })
      .map((line) => `${line}\n`)
      .join("");
  }

  #rows(script: string, tables: FakeTables): string {
    if (script.includes("FROM sqlite_master")) return html(Object.keys(tables).map((name) => ({ name })));
    const infos = [...script.matchAll(/PRAGMA table_info\("([^"]+)"\)/g)];
    if (infos.length === 0) return html(this.rows(script, tables));
    return infos
      .map(([, table = ""]) => html((tables[table]?.columns ?? []).map((name) => ({ name, type: "TEXT" }))))
      .join("");
  }

  #restore(file: string, { stdin, directory }: FakeCall["options"]): FakeAnswer {
    const dump = /\.restore (\S+)/.exec(String(stdin))?.[1] ?? "";
    this.write(file, JSON.parse(contentOf(this.#host, `${directory}/${dump}`).toString()) as FakeTables);
    return "";
  }
}

function nameIn(argv: readonly string[]): string {
  return /^file:(.*)\?mode=rw$/.exec(argv.at(-1) ?? "")?.[1] ?? "";
}

/** What the client prints in its mode html. */
function html(rows: readonly Readonly<Record<string, string>>[]): string {
  const [first] = rows;
  if (first === undefined) return "";
  const line = (tag: string, values: readonly string[]) =>
    `<TR>${values.map((value) => `<${tag}>${value}</${tag}>\n`).join("")}</TR>\n`;
  return line("TH", Object.keys(first)) + rows.map((row) => line("TD", Object.values(row))).join("");
}
