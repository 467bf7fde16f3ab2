import type { JsonSchema } from "../../contract/json.ts";
import { absolutePath, word } from "../argument-schemas.ts";

/** The arguments that all modules with an SQL client share. */
export interface ClientWords {
  readonly database?: string;
  readonly defaults_file?: string;
}

export const clientWords: Readonly<Record<keyof ClientWords, JsonSchema>> = {
  database: word("The database to use."),
  defaults_file: absolutePath(
    "A client option file on the host, with user and password. Without it root's own login is used, then /etc/mysql/debian.cnf.",
  ),
};
