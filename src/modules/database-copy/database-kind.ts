import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { ExaminedFile } from "../carry-file.ts";
import type { Columns, Fingerprint } from "./fingerprint.ts";

/** How to log in on one host: options for the programs of that kind of database. */
export type Login = readonly string[];

/** One database on one host, with the way to it. */
export interface DatabaseAt<Host extends HostReader = HostReader> {
  readonly host: Host;
  readonly login: Login;
  /** Its name; for SQLite its file. */
  readonly name: string;
}

/** One row: text by column name, null for NULL. */
export type Row = Readonly<Record<string, string | null>>;

export type ResultSet = readonly Row[];

/** What a database is made of. */
export interface Structure {
  readonly exists: boolean;
  /** The columns of each base table, in order. */
  readonly tables: Columns;
  /** One line for each column with its type and collation: equal lines, equal tables. */
  readonly columnLines: readonly string[];
  /** Why a database of this structure can't be copied from, or over; nothing where it can. */
  readonly unfit: readonly Unfit[];
}

export interface Unfit {
  /** On old, on new, or on both. */
  readonly on: "old" | "new" | "both";
  readonly what: string;
  readonly next: string;
}

/** What the copy of a database has to know of a kind of databases. What changes a host takes a HostWriter. */
export interface DatabaseKind {
  readonly name: "mariadb" | "postgresql" | "sqlite";
  /** Finds out how root gets in, by an option file when one is named. Throws Failure when the server is down. */
  findLogin(host: HostReader, optionFile: string | undefined, signal: AbortSignal): Promise<Login>;
  readStructure(at: DatabaseAt, signal: AbortSignal): Promise<Structure>;
  /** Sums up those columns of those tables, all in one snapshot. A table without columns has its rows counted only. */
  takeFingerprint(at: DatabaseAt, columns: Columns, signal: AbortSignal): Promise<Fingerprint>;
  /** Asks, in a way that can't write, and returns the rows of the last query. */
  query(at: DatabaseAt, statements: string, signal: AbortSignal): Promise<ResultSet>;
  execute(at: DatabaseAt<HostWriter>, statements: string, signal: AbortSignal): Promise<void>;
  /** Dumps into a file that only root can read. Throws Failure unless the dump is whole. */
  writeDump(at: DatabaseAt<HostWriter>, skipRowsOf: readonly string[], path: string): Promise<ExaminedFile>;
  /** Makes of a dump a database of its own beside `at`, where nobody looks for one, and returns it. */
  fillStaging(
    at: DatabaseAt<HostWriter>,
    dumpPath: string,
    signal: AbortSignal,
  ): Promise<DatabaseAt<HostWriter>>;
  /** Puts what is in the staging database in the place of what is in `at`: whole or not at all. */
  swap(at: DatabaseAt<HostWriter>, staging: DatabaseAt<HostWriter>, signal: AbortSignal): Promise<void>;
  /** What a broken run left behind in the server, as "database name". */
  findLeftOver(at: DatabaseAt, signal: AbortSignal): Promise<string[]>;
  dropLeftOver(at: DatabaseAt<HostWriter>): Promise<void>;
}

/**
 * The database as a part of a file's name, and no other path's: two files of SQLite never share what is remembered of
 * them. Nothing in it means something else in a URI.
 */
export function fileNameOf(database: string): string {
  if (!database.includes("/")) return database;
  return database.replace(/^\//, "").replaceAll("_", "__").replaceAll("/", "_-");
}
