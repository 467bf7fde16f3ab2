import type { JsonObject } from "./json.ts";

/** Which files `include_vars` reads: one, or those of a directory. Names are relative to `vars/` of the role or of the playbook. */
export interface VariableFiles {
  readonly file?: string | undefined;
  readonly dir?: string | undefined;
  /** How many directories deep; 0 for all. */
  readonly depth?: number | undefined;
  /** Without the dot. */
  readonly extensions?: readonly string[] | undefined;
  /** A regular expression for the names of the files. */
  readonly filesMatching?: string | undefined;
  readonly ignoreFiles?: readonly string[] | undefined;
}

/** What variable files hold, with the files in the order they were read. */
export interface ReadVariables {
  readonly values: JsonObject;
  readonly files: readonly string[];
}
