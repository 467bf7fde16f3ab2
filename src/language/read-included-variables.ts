import { dirname } from "node:path";
import { BadInput } from "../contract/errors.ts";
import { placeIn, withPlaces } from "../expression/placed-values.ts";
import { holdsTemplate } from "../expression/template.ts";
import type { Task } from "./model/task.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { readVariableFiles } from "./variable-files.ts";

/**
 * What an `include_vars` will set, as far as it can be known before the run: undefined for another module, "late" where
 * a template says what is read.
 */
export async function readIncludedVariables(
  { module, args, role, place }: Pick<Task, "module" | "args" | "role" | "place">,
  scope: TaskScope,
  reading: Reading,
): Promise<Task["included"]> {
  if (module !== "include_vars") return undefined;
  const { file, dir, name, depth, extensions, files_matching, ignore_files } = args.values;
  if (holdsTemplate(args.values)) return "late";
  if (typeof file !== "string" && typeof dir !== "string") return {};
  const [playbook = ""] = scope.stack;
  const wanted = { file, dir, depth, extensions, filesMatching: files_matching, ignoreFiles: ignore_files };
  try {
    const home = {
      role,
      playbookDirectory: dirname(playbook),
      keyring: reading.keyring,
      place: args.placeOf(dir === undefined ? "/file" : "/dir"),
    };
    const { values } = await readVariableFiles(wanted as Parameters<typeof readVariableFiles>[0], home);
    return typeof name === "string" ? under(name, values) : values;
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    reading.problems.push(
      ...error.problems.map((problem) => ({ ...problem, place: problem.place ?? place })),
    );
    return "late";
  }
}

/** Variables as the one map `name`; each still knows its place. */
function under(name: string, values: Exclude<Task["included"], "late" | undefined>) {
  return withPlaces({ [name]: values }, (pointer) => placeIn(values, pointer.slice(name.length + 1)));
}
