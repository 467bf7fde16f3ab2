import { BadInput, type Place } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { isList, type Json } from "../contract/json.ts";
import { compileTemplate, type TemplateUse } from "./compile-template.ts";
import { type PlaceOf, placeWithin, pointerTo } from "./placed-values.ts";
import { TemplateFault } from "./template-fault.ts";

/**
 * The value with every template in it rendered, once. A text that is one single `{{ … }}` keeps the type of its value;
 * everywhere else an undefined, null, list or map value is an error.
 * `where` is the place of the value, or finds the place of each part by its JSON pointer.
 * `shellText` is the pointer of a part that a shell will read ("/cmd"): there a value with the shell's own characters
 * has to go through `{{quote …}}`.
 * Throws BadInput with the place of the first fault.
 */
export function renderValue(
  value: Json,
  variables: Variables,
  where?: Place | PlaceOf,
  shellText?: string,
): Json {
  const placeOf: (pointer: string) => Place | undefined = typeof where === "function" ? where : () => where;
  return renderPart(value, "", { variables, placeOf, shellText });
}

/** Renders the text of a template file (`templates/*.hbs` of a role). Throws BadInput with the line in that file. */
export function renderText(text: string, variables: Variables, file: string): string {
  const start: Place = { file, line: 1, column: 1 };
  const rendered = renderString(text, variables, start, "file");
  if (typeof rendered === "string") return rendered;
  if (typeof rendered === "number" || typeof rendered === "boolean") return String(rendered);
  throw new BadInput([{ message: "the template gives a list, a map or null, not a text", place: start }]);
}

/** True when a text has to be rendered. */
export function isTemplate(value: Json): value is string {
  return typeof value === "string" && value.includes("{{");
}

/** True when a template stands anywhere in the value. */
export function holdsTemplate(value: Json): boolean {
  if (typeof value !== "object" || value === null) return isTemplate(value);
  return (Array.isArray(value) ? value : Object.values(value)).some(holdsTemplate);
}

interface Rendering {
  readonly variables: Variables;
  readonly placeOf: (pointer: string) => Place | undefined;
  readonly shellText: string | undefined;
}

function renderPart(value: Json, pointer: string, rendering: Rendering): Json {
  if (isTemplate(value)) {
    const use = pointer === rendering.shellText ? "shell" : "value";
    return renderString(value, rendering.variables, rendering.placeOf(pointer), use);
  }
  if (isList(value)) {
    return value.map((entry, index) => renderPart(entry, pointerTo(pointer, index), rendering));
  }
  if (typeof value !== "object" || value === null) return value;
  const rendered: Record<string, Json> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) {
    rendered[key] = renderPart(entry, pointerTo(pointer, key), rendering);
  }
  return rendered;
}

function renderString(text: string, variables: Variables, start: Place | undefined, use: TemplateUse): Json {
  if (!text.includes("{{")) return text;
  try {
    return settle(compileTemplate(text).render(variables, use));
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    const place = placeWithin(start, error.line, error.column);
    throw new BadInput([{ message: error.message, place, hint: error.hint }]);
  }
}

/** Variables are rendered when they are read: reads all of a value now, so that its faults are told here. */
function settle(value: Json): Json {
  if (isList(value)) return value.map(settle);
  if (typeof value !== "object" || value === null) return value;
  const settled: Record<string, Json> = Object.create(null);
  for (const key of Object.keys(value)) settled[key] = settle(value[key] ?? null);
  return settled;
}
