import { dovecotSettings } from "./doveconf.ts";
import { settingsOf } from "./setting-lines.ts";

/** A database that Postfix or Dovecot asks for domains, users or aliases. */
export interface DatabaseLookup {
  readonly kind: "mariadb" | "postgresql" | "sqlite";
  /** Its name; for SQLite its file. */
  readonly name: string;
  /** The file that says so. */
  readonly file: string;
}

/** The database of one of Postfix's maps, `driver:/file`. */
export function postfixLookup(driver: string, lines: readonly string[], file: string): DatabaseLookup[] {
  const settings = settingsOf(lines);
  return lookup(driver, settings.get("dbname") ?? settings.get("dbpath"), file);
}

/** The database of a file with SQL settings, as Dovecot up to 2.3 has them. */
export function dovecotFileLookup(lines: readonly string[], file: string): DatabaseLookup[] {
  const settings = settingsOf(lines);
  const connect = settings.get("connect") ?? "";
  // SQLite's is the path alone.
  const name = /\bdbname=(\S+)/.exec(connect)?.[1] ?? (connect.startsWith("/") ? connect : undefined);
  return lookup(settings.get("driver") ?? "", name, file);
}

/** The databases in the output of `doveconf -n`, as Dovecot has them from 2.4 on. */
export function doveconfLookups(text: string): DatabaseLookup[] {
  return dovecotSettings(text).flatMap(({ blocks, name, value }) => {
    if (name === "sqlite_path") return lookup("sqlite", value, "doveconf");
    const driver = blocks.find((block) => Object.hasOwn(kinds, block));
    return driver !== undefined && name === "dbname" ? lookup(driver, value, "doveconf") : [];
  });
}

/** Postfix' and Dovecot's names of drivers. */
const kinds: Readonly<Record<string, DatabaseLookup["kind"]>> = {
  mysql: "mariadb",
  mariadb: "mariadb",
  pgsql: "postgresql",
  sqlite: "sqlite",
};

function lookup(driver: string, name: string | undefined, file: string): DatabaseLookup[] {
  if (!Object.hasOwn(kinds, driver) || name === undefined || name === "") return [];
  return [{ kind: kinds[driver] as DatabaseLookup["kind"], name, file }];
}
