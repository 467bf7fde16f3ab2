import { wrapAnsi } from "fast-wrap-ansi";
import { Failure } from "../contract/errors.ts";
import type { TaskModule } from "../contract/module.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { moduleRegistry } from "../modules/registry.ts";
import { kinds, schemaRows } from "../report/module-reference.ts";

const width = 80;

/** Every module with what it does. */
export async function listModules(): Promise<string> {
  const modules = await Promise.all(moduleRegistry.names.map(load));
  const widest = Math.max(...modules.map(({ name }) => name.length));
  return modules
    .map(({ name, description }) => entry(name.padEnd(widest), withoutMarks(description)))
    .join("");
}

/** Modules with their arguments, one after the other. Throws a Failure for a name that is none. */
export async function showModules(names: readonly string[]): Promise<string> {
  const modules = await Promise.all(names.map(load));
  return modules.map(describe).join("\n");
}

function describe(module: TaskModule): string {
  const { name, description, args, shorthand } = module;
  const rows = schemaRows(args).map((row) => row.map(withoutMarks));
  const lines = rows.map(([path = "", type = "", presence = "", text = ""]) => {
    const notes = [
      type,
      ...(presence === "" ? [] : [presence === "required" ? presence : `default ${presence}`]),
    ];
    return `  ${path} (${notes.join(", ")})\n${indented(text, 6)}`;
  });
  return [
    `${name}\n`,
    indented(withoutMarks(description), 2),
    indented(kinds[module.kind === "look" ? "look" : module.preview], 2),
    ...(shorthand === undefined
      ? []
      : [indented(`Short form: ${name}: … means ${name}: { ${shorthand}: … }.`, 2)]),
    lines.length === 0 ? "\n  It takes no arguments.\n" : `\nArguments:\n${lines.join("")}`,
  ].join("");
}

function withoutMarks(text: string): string {
  return text.replaceAll("`", "").replaceAll("**", "");
}

function indented(text: string, columns: number): string {
  if (text === "") return "";
  const lines = wrapAnsi(text, width - columns).split("\n");
  return lines.map((line) => `${" ".repeat(columns)}${line}\n`).join("");
}

async function load(name: string): Promise<TaskModule> {
  const module = await moduleRegistry.load(name);
  if (module !== undefined) return module;
  const guess = didYouMean(name, moduleRegistry.names);
  throw new Failure("bad-input", `there is no module "${name}"${guess === undefined ? "" : `, ${guess}`}`, {
    next: "mailferry doc --list lists all of them",
  });
}

function entry(left: string, text: string): string {
  const [first, ...rest] = wrapAnsi(text, width - left.length - 2).split("\n");
  return [`${left}  ${first}`, ...rest.map((line) => " ".repeat(left.length + 2) + line), ""].join("\n");
}
