import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { CommandContext } from "./context.ts";
import { inventoryFile, playbookFile, schemaLine } from "./init-files.ts";
import { packageRoot } from "./package-root.ts";

/** Where the schemas are in the package. */
const packagedSchemas = join("docs", "reference", "schemas");
/** Where a project has its copy: an editor finds them there without a network and without the package. */
export const projectSchemas = join(".mailferry", "schemas");

/** `init`: writes the files of a new project that are not there yet, and the schemas that editors check them by. */
export async function initProject(directoryGiven: string, context: CommandContext): Promise<number> {
  const { cwd } = context.surroundings;
  const directory = resolve(cwd, directoryGiven);
  const files = {
    "inventory.yml": schemaLine(join(projectSchemas, "inventory.json")) + inventoryFile,
    "playbook.yml": schemaLine(join(projectSchemas, "playbook.json")) + playbookFile,
  };
  const lines = Object.entries(files).map(([name, text]) => writeNew(join(directory, name), text, cwd));
  copySchemas(join(directory, projectSchemas));
  const at = relative(cwd, directory);
  const [playbook, inventory] = [join(at, "playbook.yml"), join(at, "inventory.yml")];
  lines.push(`next: put your servers into ${inventory}, then: mailferry check ${playbook} -i ${inventory}`);
  context.out(`${lines.join("\n")}\n`);
  return 0;
}

/** Writes a file that is not there yet; says what became of it. */
export function writeNew(file: string, text: string, cwd: string): string {
  const shown = relative(cwd, file);
  if (existsSync(file)) return `kept     ${shown}: it is there already`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { flag: "wx" });
  return `written  ${shown}`;
}

/** The copies are Mailferry's own, and follow its version. */
export function copySchemas(target: string): void {
  const source = join(packageRoot(), packagedSchemas);
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(source)) copyFileSync(join(source, name), join(target, name));
}
