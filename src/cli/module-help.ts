import wrapAnsi from "wrap-ansi";
import { Failure } from "../contract/errors.ts";
import type { JsonSchema } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { moduleRegistry } from "../modules/registry.ts";

const width = 80;

/** Every module with its one sentence. */
export async function listModules(): Promise<string> {
  const modules = await Promise.all(moduleRegistry.names.map(load));
  const widest = Math.max(...modules.map(({ name }) => name.length));
  return modules.map(({ name, description }) => entry(name.padEnd(widest), description)).join("");
}

/** One module with its arguments. Throws BadInput for a name that is none. */
export async function showModule(name: string): Promise<string> {
  const { description, args, shorthand } = await load(name);
  const properties = Object.entries((args.properties ?? {}) as Record<string, JsonSchema>);
  const required = new Set((args.required ?? []) as readonly string[]);
  const widest = Math.max(0, ...properties.map(([property]) => property.length));
  const lines = properties.map(([property, schema]) => {
    const notes = [typeOf(schema), ...(required.has(property) ? ["required"] : []), ...defaultOf(schema)];
    return entry(`  ${property.padEnd(widest)}`, `${String(schema.description ?? "")} (${notes.join(", ")})`);
  });
  const short = shorthand === undefined ? "" : `\n\`${name}: text\` is \`${name}: { ${shorthand}: text }\`\n`;
  return `${wrapAnsi(`${name}: ${description}`, width)}\n\n${lines.join("")}${short}`;
}

async function load(name: string): Promise<TaskModule> {
  const module = await moduleRegistry.load(name);
  if (module !== undefined) return module;
  const guess = didYouMean(name, moduleRegistry.names);
  throw new Failure("bad-input", `there is no module "${name}"${guess === undefined ? "" : `, ${guess}`}`, {
    next: "mailferry modules lists all of them",
  });
}

function entry(left: string, text: string): string {
  const [first, ...rest] = wrapAnsi(text, width - left.length - 2).split("\n");
  return [`${left}  ${first}`, ...rest.map((line) => " ".repeat(left.length + 2) + line), ""].join("\n");
}

function typeOf(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(", ")}`;
  if (Array.isArray(schema.type)) return schema.type.join(" or ");
  return typeof schema.type === "string" ? schema.type : "any value";
}

function defaultOf(schema: JsonSchema): string[] {
  return schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`];
}
