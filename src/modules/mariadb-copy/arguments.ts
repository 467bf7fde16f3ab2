import type { JsonSchema } from "../../contract/json.ts";
import { absolutePath, closed, word, yesOrNo } from "../argument-schemas.ts";

/** A change to the schema that follows every import, because a dump brings the old schema back. */
export interface SchemaStep {
  readonly unless: string;
  readonly statement: string;
  readonly refuse_if?: string;
  readonly because?: string;
}

export interface MariadbCopyArgs {
  readonly from: string;
  readonly database: string;
  readonly schema_steps?: readonly SchemaStep[];
  readonly replace_existing?: boolean;
  readonly replaceable_tables?: readonly string[];
  readonly skip_rows_of?: readonly string[];
  readonly exclude_columns?: readonly string[];
  readonly allow_empty?: boolean;
  readonly save_as?: string;
  readonly defaults_file?: string;
  readonly from_defaults_file?: string;
}

const schemaStep = closed(
  {
    unless: word("A query: a row says that the step is done. It runs on new, in the database itself."),
    statement: word("What to do otherwise. It runs in the staging database, before the tables are swapped."),
    refuse_if: word(
      "A query that runs on the old host before anything is touched: its rows forbid the step, and stand in the error.",
    ),
    because: word("Why these rows forbid it, for the error."),
  },
  { required: ["unless", "statement"] },
);

export const mariadbCopyArguments: JsonSchema = closed(
  {
    from: word("The inventory's name of the host to copy from."),
    database: {
      type: "string",
      pattern: "^[A-Za-z0-9_$-]{1,44}$",
      not: { enum: ["mysql", "sys", "information_schema", "performance_schema"] },
      description: "The database. Users and their rights are not in it: they stay as they are on new.",
    },
    schema_steps: {
      type: "array",
      items: schemaStep,
      description:
        "Changes to make after every import, in this order. They name the database by DATABASE(), never by its name.",
    },
    replace_existing: yesOrNo("Rows on new that Mailferry did not bring may go.", false),
    replaceable_tables: names("Tables on new whose rows may go without `replace_existing`."),
    skip_rows_of: names(
      "Tables that are made, but whose rows are neither copied nor compared (sessions, caches).",
    ),
    exclude_columns: {
      type: "array",
      items: { type: "string", pattern: "^[^.]+\\.[^.]+$" },
      description: "Columns (`table.column`) that may change on new without counting as a foreign change.",
    },
    allow_empty: yesOrNo("Copy a database without a single row; refused otherwise.", false),
    save_as: word("Name of the run file with row counts and checksums; mariadb-DATABASE.json otherwise."),
    defaults_file: absolutePath("A client option file on new; root's own login, then debian.cnf otherwise."),
    from_defaults_file: absolutePath("The same on the old host."),
  },
  { required: ["from", "database"] },
);

function names(description: string): JsonSchema {
  return { type: "array", items: { type: "string", minLength: 1 }, description };
}
