import { changingModule } from "../../contract/module.ts";
import { absolutePath, closed } from "../argument-schemas.ts";
import { applyCopy } from "../database-copy/apply.ts";
import { type CopyWords, copyWords } from "../database-copy/arguments.ts";
import { type CopyChange, planCopy } from "../database-copy/plan.ts";
import { mariadb } from "./mariadb.ts";

export interface MariadbCopyArgs extends CopyWords {
  readonly database: string;
  readonly defaults_file?: string;
  readonly from_defaults_file?: string;
}

/** Copies a database from the old host's MariaDB to this host's, and proves the copy before it takes the place of what is there. */
export const mariadbCopy = changingModule<MariadbCopyArgs, CopyChange>({
  name: "mariadb_copy",
  description:
    "Copies a database from another host: dumped there, carried over a data link, imported into a staging database, compared table by table and column by column, changed by the schema steps, and swapped in with one statement. Refused over rows that Mailferry did not bring, and once new was opened.",
  preview: "exact",
  args: closed(
    {
      ...copyWords("mariadb"),
      database: {
        type: "string",
        pattern: "^[A-Za-z0-9_$-]{1,44}$",
        not: { enum: ["mysql", "sys", "information_schema", "performance_schema"] },
        description: "The database. Users and their rights are not in it: they stay as they are on new.",
      },
      defaults_file: absolutePath(
        "A client option file on new; root's own login, then debian.cnf otherwise.",
      ),
      from_defaults_file: absolutePath("The same on the old host."),
    },
    { required: ["from", "database"] },
  ),
  check: (args, target, context) => planCopy(mariadb, args, target, context),
  // It asks the latches itself.
  touches: () => [],
  apply: (change, target, context) => applyCopy(mariadb, change, target, context),
});
