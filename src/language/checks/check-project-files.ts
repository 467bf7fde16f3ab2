import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, normalize, sep } from "node:path";
import type { Problem } from "../../contract/errors.ts";
import { didYouMean } from "../../expression/did-you-mean.ts";
import type { Task } from "../model/task.ts";
import { checkTemplate } from "./check-values.ts";
import type { KnownNames } from "./known-names.ts";

const folders: Readonly<Record<string, "files" | "templates">> = { copy: "files", template: "templates" };

/** A file that a task takes from the project: whether it is there, and what is wrong in it if it is a template. */
export function checkProjectFile(task: Task, playbookDirectory: string, known: KnownNames): Problem[] {
  const folder = folders[task.module];
  const { src } = task.args.values;
  if (folder === undefined || typeof src !== "string" || src === "" || src.includes("{{")) return [];
  const place = task.args.placeOf("/src");
  const name = normalize(src);
  if (name === ".." || name.startsWith(`..${sep}`) || name.startsWith(sep)) {
    const hint = `put the file into \`${folder}/\` and name it by its path from there`;
    return [{ message: `${src} leads out of the project`, place, hint }];
  }
  const bases = [...(task.role === undefined ? [] : [task.role.directory]), playbookDirectory];
  const candidates = bases.flatMap((base) => [join(base, folder, name), join(base, name)]);
  const file = candidates.find((path) => existsSync(path));
  if (file === undefined)
    return [{ message: `there is no file ${candidates[0]}`, place, hint: near(candidates) }];
  if (folder === "files" || !statSync(file).isFile()) return [];
  return checkTemplate(readFileSync(file, "utf8"), { file, line: 1, column: 1 }, known);
}

function near(candidates: readonly string[]): string | undefined {
  const [wanted = ""] = candidates;
  const folders = candidates.map((path) => dirname(path)).filter((path) => existsSync(path));
  return didYouMean(
    basename(wanted),
    folders.flatMap((path) => readdirSync(path)),
  );
}
