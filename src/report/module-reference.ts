import type { JsonSchema } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";

/** The reference of all modules as Markdown, made from what the modules say of themselves. */
export function moduleReference(modules: readonly TaskModule[]): string {
  const sorted = [...modules].sort((a, b) => (a.name < b.name ? -1 : 1));
  const links = sorted.map(
    ({ name, description }) => `- [\`${name}\`](#${name}): ${firstSentence(description)}`,
  );
  return `${[opening, links.join("\n"), ...sorted.map(sectionOf)].join("\n\n")}\n`;
}

const opening = `# Modules

A task names one module and its arguments. A path is absolute and lies on the host, unless it says otherwise.
Every task that succeeds or fails can be kept by \`register\`, with \`changed\`, \`failed\` and what the module registers.

This page is made from the code: \`npm run reference\` writes it.`;

/** What check mode can say of the module's task. */
export const kinds = {
  exact: "Changes the host. Check mode foresees exactly what.",
  unknown: "Changes the host, and can't know in advance what. Check mode leaves it out.",
  look: "Changes nothing, and runs in check mode too.",
} as const;

function sectionOf(module: TaskModule): string {
  const { name, description, shorthand, args } = module;
  const kind = module.kind === "look" ? "look" : module.preview;
  const short =
    shorthand === undefined ? [] : [`Short form: \`${name}: …\` means \`${name}: { ${shorthand}: … }\`.`];
  return [`## \`${name}\``, description, kinds[kind], ...short, schemaTable(args)].join("\n\n");
}

/** What a schema takes, as a table of Markdown. */
export function schemaTable(schema: JsonSchema, word = "argument"): string {
  const rows = schemaRows(schema).map((cells) => `| ${cells.map(inCell).join(" | ")} |`);
  if (rows.length === 0) return "It takes no arguments.";
  return [`| ${word} | type | default | |`, "|---|---|---|---|", ...rows].join("\n");
}

/** One thing that a schema takes, in the marks of Markdown. */
export type Row = readonly [name: string, type: string, byDefault: string, description: string];

/** All that a schema takes; what stands inside of a mapping or a list comes after what holds it. */
export function schemaRows(schema: JsonSchema): Row[] {
  return [...rowsOf(schema, ""), ...freeRow(schema, "")];
}

/** A row for every property, those inside of mappings and lists after the one that holds them. */
function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  const required = new Set(listIn(schema, "required"));
  return Object.entries(objectIn(schema, "properties")).flatMap(([name, inner]): Row[] => {
    const path = `${prefix}${name}`;
    const byDefault = inner.default === undefined ? "" : `\`${String(inner.default)}\``;
    const presence = required.has(name) ? "**required**" : byDefault;
    return [
      [`\`${path}\``, typeOf(inner), presence, textIn(inner, "description")],
      ...rowsInside(inner, path),
    ];
  });
}

function rowsInside(schema: JsonSchema, path: string): Row[] {
  const items = objectIn(schema, "items");
  const variants = [...schemasIn(schema, "anyOf"), ...schemasIn(items, "anyOf")];
  return [
    ...rowsOf(schema, `${path}.`),
    ...freeRow(schema, `${path}.`),
    ...rowsOf(items, `${path}[].`),
    ...variants.flatMap((variant) => rowsInside(variant, schema.items === undefined ? path : `${path}[]`)),
  ];
}

/** The row for keys that nobody knows in advance. */
function freeRow(schema: JsonSchema, prefix: string): Row[] {
  const { additionalProperties: values } = schema;
  if (typeof values !== "object" || values === null) return [];
  return [
    [`\`${prefix}<name>\``, typeOf(values as JsonSchema), "", textIn(values as JsonSchema, "description")],
  ];
}

function typeOf(schema: JsonSchema): string {
  const choices = listIn(schema, "enum");
  if (choices.length > 0) return choices.map((choice) => `\`${String(choice)}\``).join(", ");
  const variants = [...schemasIn(schema, "anyOf"), ...schemasIn(schema, "oneOf")].filter(isOfAType);
  if (variants.length > 0) return [...new Set(variants.map(typeOf))].join(" or ");
  const { type, pattern } = schema;
  if (Array.isArray(type)) return type.join(" or ");
  if (type === "array") return listType(objectIn(schema, "items"));
  if (type === "object") return "mapping";
  if (type === "string" && pattern !== undefined && String(pattern).startsWith("^/")) return "path";
  return typeof type === "string" ? type : "any value";
}

function listType(items: JsonSchema): string {
  const inner = typeOf(items);
  return inner === "any value" ? "list" : `list of ${inner}`;
}

function isOfAType(schema: JsonSchema): boolean {
  return schema.type !== undefined || schema.enum !== undefined;
}

function firstSentence(text: string): string {
  return /^.*?[.](?=\s|$)/s.exec(text)?.[0] ?? text;
}

function inCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}

function textIn(schema: JsonSchema, keyword: string): string {
  const value = schema[keyword];
  return typeof value === "string" ? value : "";
}

function listIn(schema: JsonSchema, keyword: string): readonly unknown[] {
  const value = schema[keyword];
  return Array.isArray(value) ? value : [];
}

function schemasIn(schema: JsonSchema, keyword: string): readonly JsonSchema[] {
  return listIn(schema, keyword).filter(
    (inner) => typeof inner === "object" && inner !== null,
  ) as JsonSchema[];
}

function objectIn(schema: JsonSchema, keyword: string): Readonly<Record<string, JsonSchema>> {
  const value = schema[keyword];
  return typeof value === "object" && value !== null ? (value as Record<string, JsonSchema>) : {};
}
