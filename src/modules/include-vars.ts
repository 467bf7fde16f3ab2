import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, exactlyOne, word } from "./argument-schemas.ts";

export interface IncludeVarsArgs {
  readonly file?: string;
  readonly dir?: string;
  readonly name?: string;
  readonly depth?: number;
  readonly extensions?: readonly string[];
  readonly files_matching?: string;
  readonly ignore_files?: readonly string[];
}

const names = (description: string) => ({
  type: "array",
  items: { type: "string", minLength: 1 },
  description,
});

/** Reads variables from files of the project. */
export const includeVars = lookingModule<IncludeVarsArgs>({
  name: "include_vars",
  description:
    "Reads variables from YAML or JSON files of the project, for the rest of the run; templates in them are rendered when they are read. Registers `included_files`. Differs from Ansible: maps are replaced, never merged.",
  shorthand: "file",
  args: closed(
    {
      file: word("A file, in `vars/` of the role or of the playbook, or beside them. Either this or `dir`."),
      dir: word("A directory whose files are read, in the order of their names. Either this or `file`."),
      name: {
        type: "string",
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
        description: "A variable that takes all of them, as one map.",
      },
      depth: {
        type: "integer",
        minimum: 0,
        description: "How many directories deep `dir` is read; 0 for all.",
      },
      extensions: names("Ends of the names of the files that are read: `yaml`, `yml` and `json` otherwise."),
      files_matching: word("A regular expression; only files of `dir` whose name it matches are read."),
      ignore_files: names("Names of files of `dir` that are left out."),
    },
    exactlyOne("file", "dir"),
  ),

  async look({ name, files_matching, ignore_files, ...more }, _host, context) {
    const wanted = { ...more, filesMatching: files_matching, ignoreFiles: ignore_files };
    const { values, files } = await context.readVariables(wanted);
    const included: JsonObject = name === undefined ? values : { [name]: values };
    return { included, result: { included_files: [...files] } };
  },
});
