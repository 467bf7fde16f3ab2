import { dovecotSettings } from "../../mail/doveconf.ts";
import type { MailDatabase } from "./host-survey.ts";
import { type Answers, blocksOf, linesOf, settingsOf, wordsOf } from "./survey-answers.ts";

/** The databases that mail is looked up in: those that have its tables, and those that Postfix and Dovecot ask. */
export function readDatabases(answers: Answers): MailDatabase[] {
  const found = new Map<
    string,
    { kind: MailDatabase["kind"]; name: string; tables: string[]; askedBy: string[] }
  >();
  const known = (kind: MailDatabase["kind"], name: string) => {
    const key = `${kind} ${name}`;
    const one = found.get(key) ?? { kind, name, tables: [], askedBy: [] };
    found.set(key, one);
    return one;
  };
  for (const kind of ["MariaDB", "PostgreSQL"] as const) {
    for (const [name = "", table = ""] of wordsOf(linesOf(answers, kind.toLowerCase())))
      known(kind, name).tables.push(table);
  }
  for (const { kind, name, file } of [...postfixMaps(answers), ...dovecotQueries(answers)])
    known(kind, name).askedBy.push(file);
  return [...found.values()];
}

/** Where a database of domains, users and aliases is, as ISPmail has it. */
export function isMailserver({ tables }: MailDatabase): boolean {
  return ["virtual_domains", "virtual_users", "virtual_aliases"].every((table) => tables.includes(table));
}

/** Roundcube's. */
export function isRoundcube({ tables }: MailDatabase): boolean {
  return tables.includes("identities");
}

interface Query {
  readonly kind: MailDatabase["kind"];
  readonly name: string;
  readonly file: string;
}

/** Words for the same: Postfix' and Dovecot's names of drivers. */
const kinds: Readonly<Record<string, MailDatabase["kind"]>> = {
  mysql: "MariaDB",
  mariadb: "MariaDB",
  pgsql: "PostgreSQL",
  sqlite: "SQLite",
};

function postfixMaps(answers: Answers): Query[] {
  return blocksOf(linesOf(answers, "maps")).flatMap(({ head, body }) => {
    const [driver = "", file = ""] = head.split(" ");
    const settings = settingsOf(body);
    return queryOf(driver, settings.get("dbname") ?? settings.get("dbpath"), file);
  });
}

function dovecotQueries(answers: Answers): Query[] {
  const files = blocksOf(linesOf(answers, "dovecot-sql")).flatMap(({ head, body }) => {
    const settings = settingsOf(body);
    const connect = settings.get("connect") ?? "";
    // SQLite's is the path alone.
    const name = /\bdbname=(\S+)/.exec(connect)?.[1] ?? (connect.startsWith("/") ? connect : undefined);
    return queryOf(settings.get("driver") ?? "", name, head.replace(/^file /, ""));
  });
  const blocks = dovecotSettings(linesOf(answers, "doveconf").join("\n"))
    .filter(({ blocks, name }) => blocks.length === 2 && (name === "dbname" || name === "sqlite_path"))
    .flatMap(({ blocks, value }) => queryOf(blocks[0] ?? "", value, "doveconf"));
  return [...files, ...blocks];
}

function queryOf(driver: string, name: string | undefined, file: string): Query[] {
  const kind = kinds[driver];
  return kind === undefined || name === undefined || name === "" ? [] : [{ kind, name, file }];
}
