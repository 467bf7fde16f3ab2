import type { CopyArgs } from "./arguments.ts";

/** What the database is called on old. */
export function sourceName({ database, from_database = database }: CopyArgs): string {
  return from_database;
}
