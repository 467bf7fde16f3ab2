import { changingModule } from "../../contract/module.ts";
import { closed } from "../argument-schemas.ts";
import { applyCopy } from "../database-copy/apply.ts";
import { type CopyWords, copyWords } from "../database-copy/arguments.ts";
import { type CopyChange, planCopy } from "../database-copy/plan.ts";
import { postgresql } from "./postgresql.ts";

export interface PostgresqlCopyArgs extends CopyWords {
  readonly database: string;
}

/** Copies a database from the old host's PostgreSQL to this host's, and proves the copy before it takes the place of what is there. */
export const postgresqlCopy = changingModule<PostgresqlCopyArgs, CopyChange>({
  name: "postgresql_copy",
  description:
    "Copies a PostgreSQL database from another host, as the system's user postgres: dumped there, carried over a data link, restored into a staging database, compared table by table and column by column, changed by the schema steps, and swapped in by a rename of both. Owners and rights are those that the database and its tables had on new. Refused over rows that Mailferry did not bring, and once new was opened.",
  preview: "exact",
  args: closed(
    {
      ...copyWords("postgresql"),
      database: {
        type: "string",
        pattern: "^[A-Za-z0-9_$-]{1,44}$",
        not: { enum: ["postgres", "template0", "template1"] },
        description:
          "The database. It must be there on new, with tables: who they belong to and who may read them stays as it is. Settings of the database itself (ALTER DATABASE … SET) don't.",
      },
    },
    { required: ["from", "database"] },
  ),
  check: (args, target, context) => planCopy(postgresql, args, target, context),
  // It asks the latches itself.
  touches: () => [],
  apply: (change, target, context) => applyCopy(postgresql, change, target, context),
});
