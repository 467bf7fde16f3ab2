import { changingModule } from "../../contract/module.ts";
import { absolutePath, closed } from "../argument-schemas.ts";
import { applyCopy } from "../database-copy/apply.ts";
import { type CopyArgs, type CopyWords, copyWords } from "../database-copy/arguments.ts";
import { type CopyChange, planCopy } from "../database-copy/plan.ts";
import { sqlite } from "./sqlite.ts";

export interface SqliteCopyArgs extends CopyWords {
  readonly path: string;
  readonly from_path?: string;
}

/** Copies an SQLite database from the old host, and proves the copy before it takes the place of what is there. */
export const sqliteCopy = changingModule<SqliteCopyArgs, CopyChange>({
  name: "sqlite_copy",
  description:
    "Copies an SQLite database from another host: copied there by SQLite's own `.backup`, carried over a data link, checked, compared table by table and column by column, changed by the schema steps, and put into the file on new in one transaction. Refused over rows that Mailferry did not bring, and once new was opened. Both hosts need the program sqlite3.",
  preview: "exact",
  args: closed(
    {
      ...copyWords("sqlite"),
      path: absolutePath(
        "The database's file on new. It must be there, empty or not: its owner and mode stay.",
      ),
      from_path: absolutePath("Its file on the old host; `path` otherwise."),
    },
    { required: ["from", "path"] },
  ),
  check: (args, target, context) => planCopy(sqlite, copyArgs(args), target, context),
  // It asks the latches itself.
  touches: () => [],
  apply: (change, target, context) => applyCopy(sqlite, change, target, context),
});

function copyArgs({ path, from_path = path, ...words }: SqliteCopyArgs): CopyArgs {
  return { ...words, database: path, from_database: from_path };
}
