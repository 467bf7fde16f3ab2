import { readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { ControlReader } from "../contract/control-reader.ts";
import { Failure } from "../contract/errors.ts";
import type { CommandContext } from "./context.ts";

/**
 * Reads this machine for `lookup` in templates and conditions. A path that is not absolute counts from the project, the
 * folder round `playbooks/`, and may not lead out of it. What a name calls a password, a token or a key is masked from then on.
 */
export function readControl(
  playbookFile: string,
  { surroundings, redactor }: Pick<CommandContext, "surroundings" | "redactor">,
): ControlReader {
  const folder = dirname(playbookFile);
  const project = basename(folder) === "playbooks" ? dirname(folder) : folder;
  return {
    environment(name) {
      const value = surroundings.environment[name];
      if (value !== undefined && value !== "" && secretName.test(name)) redactor.register(value);
      return value;
    },
    file(path) {
      const text = readTextAt(placeIn(project, path));
      if (text !== undefined && secretName.test(basename(path))) redactor.register(text.trim());
      return text;
    },
  };
}

const secretName = /pass|secret|token|key/i;

function placeIn(project: string, path: string): string {
  const file = resolve(project, path);
  const inside = relative(project, file);
  if (isAbsolute(path) || (inside !== ".." && !inside.startsWith(`..${sep}`))) return file;
  throw new Failure("bad-input", `"${path}" leads out of the project ${project}`, {
    next: "write the whole path, beginning with `/`",
  });
}

function readTextAt(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return undefined;
    if (code === "EISDIR") throw new Failure("bad-input", `${file} is a directory`, { next: "name a file" });
    if (code === "EACCES") {
      throw new Failure("bad-input", `${file} may not be read by you`, { next: `see \`ls -l ${file}\`` });
    }
    throw error;
  }
}
