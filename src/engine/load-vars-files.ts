import { dirname, relative, resolve, sep } from "node:path";
import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import { renderValue } from "../expression/template.ts";
import type { VarsFile } from "../language/model/playbook.ts";
import { projectOf } from "../language/project-directory.ts";
import { firstThere, missing, readVariables } from "../language/vars-files.ts";
import { noKeys } from "../secrets/keyring.ts";
import { levelsFor, type PlayRun } from "./play-run.ts";

/** Reads a play's `vars_files` for a host; a name may use what the files before it hold. Throws BadInput. */
export async function loadVarsFiles(run: PlayRun, host: string): Promise<void> {
  const loaded: JsonObject[] = [];
  for (const file of run.play.varsFiles) {
    run.fileVars.set(host, [...loaded]);
    const layers = { play: levelsFor(run, host), vars: [], extra: {} };
    loaded.push(file.values ?? (await readNamed(run, file, run.scope.variables.forTask(host, layers))));
  }
  run.fileVars.set(host, loaded);
}

async function readNamed({ scope }: PlayRun, file: VarsFile, variables: Variables): Promise<JsonObject> {
  const directory = dirname(scope.request.playbook.file);
  const names = file.candidates.map(({ text, place }) => {
    const name = String(renderValue(text, variables, place));
    // A host's facts may stand in the name: they must not lead to any file of the controller.
    if (text.includes("{{") && leadsOut(directory, name)) {
      const hint = "a file whose name is a template has to be in the project's directory";
      throw new BadInput([{ message: `${name} leads out of the project`, place, hint }]);
    }
    return name;
  });
  const found = firstThere(names.map((name) => resolve(directory, name)));
  if (found !== undefined) return readVariables(found, scope.request.keyring ?? noKeys);
  const [message, hint] = missing(names);
  throw new BadInput([{ message, place: file.place, hint }]);
}

function leadsOut(directory: string, name: string): boolean {
  const inside = relative(resolve(projectOf(directory)), resolve(directory, name));
  return inside === ".." || inside.startsWith(`..${sep}`);
}
