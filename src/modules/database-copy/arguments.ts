import type { JsonSchema } from "../../contract/json.ts";
import { closed, word, yesOrNo } from "../argument-schemas.ts";

/** A change to the schema that follows every import, because a dump brings the old schema back. */
export interface SchemaStep {
  readonly unless: string;
  readonly statement: string;
  readonly refuse_if?: string;
  readonly because?: string;
}

/** The words that all kinds of databases share. */
export interface CopyWords {
  readonly from: string;
  readonly schema_steps?: readonly SchemaStep[];
  readonly replace_existing?: boolean;
  readonly replaceable_tables?: readonly string[];
  readonly skip_rows_of?: readonly string[];
  readonly exclude_columns?: readonly string[];
  readonly allow_empty?: boolean;
  readonly save_as?: string;
}

/** What is to be copied, of whatever kind. */
export interface CopyArgs extends CopyWords {
  /** Its name on new; for SQLite its file. */
  readonly database: string;
  /** The same on old, where it is called otherwise. */
  readonly from_database?: string;
  /** Files with the login. */
  readonly defaults_file?: string;
  readonly from_defaults_file?: string;
}

const schemaStep = closed(
  {
    unless: word("A query: a row says that the step is done. It runs on new, in the database itself."),
    statement: word(
      "What to do otherwise. It runs in the staging database, before that takes the place of the other.",
    ),
    refuse_if: word(
      "A query that runs on the old host before anything is touched: its rows forbid the step, and stand in the error.",
    ),
    because: word("Why these rows forbid it, for the error."),
  },
  { required: ["unless", "statement"] },
);

/** The schema of the shared words; `kind` stands in the name of the run file. */
export function copyWords(kind: string): Readonly<Record<keyof CopyWords, JsonSchema>> {
  return {
    from: word("The inventory's name of the host to copy from."),
    schema_steps: {
      type: "array",
      items: schemaStep,
      description: "Changes to make after every import, in this order. They never name the database itself.",
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
    save_as: word(`Name of the run file with row counts and checksums; ${kind}-DATABASE.json otherwise.`),
  };
}

function names(description: string): JsonSchema {
  return { type: "array", items: { type: "string", minLength: 1 }, description };
}
