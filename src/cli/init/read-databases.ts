import {
  type DatabaseLookup,
  doveconfLookups,
  dovecotFileLookup,
  postfixLookup,
} from "../../mail/database-lookups.ts";
import type { MailDatabase } from "./host-survey.ts";
import { type Answers, blocksOf, linesOf, wordsOf } from "./survey-answers.ts";

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
  for (const kind of ["MariaDB", "PostgreSQL", "SQLite"] as const) {
    for (const [name = "", table = ""] of wordsOf(linesOf(answers, kind.toLowerCase())))
      known(kind, name).tables.push(table);
  }
  for (const { kind, name, file } of lookups(answers)) known(kinds[kind], name).askedBy.push(file);
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

const kinds: Readonly<Record<DatabaseLookup["kind"], MailDatabase["kind"]>> = {
  mariadb: "MariaDB",
  postgresql: "PostgreSQL",
  sqlite: "SQLite",
};

function lookups(answers: Answers): DatabaseLookup[] {
  const maps = blocksOf(linesOf(answers, "maps")).flatMap(({ head, body }) => {
    const [driver = "", file = ""] = head.split(" ");
    return postfixLookup(driver, body, file);
  });
  const files = blocksOf(linesOf(answers, "dovecot-sql")).flatMap(({ head, body }) =>
    dovecotFileLookup(body, head.replace(/^file /, "")),
  );
  return [...maps, ...files, ...doveconfLookups(linesOf(answers, "doveconf").join("\n"))];
}
