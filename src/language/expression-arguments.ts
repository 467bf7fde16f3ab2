import type { Json, JsonSchema } from "../contract/json.ts";
import { pointerTo } from "../expression/placed-values.ts";
import type { Source, TemplateValues } from "./model/source.ts";

/** An argument of a module that is CEL. */
export interface ExpressionArgument {
  readonly source: Source;
  /** False where any value will do. */
  readonly isCondition: boolean;
}

/**
 * The arguments that a module evaluates itself. A module says so in the argument's description, in the words that its
 * reader sees too: "A condition (CEL)", "an expression (CEL)".
 */
export function expressionsIn(schema: JsonSchema | undefined, args: TemplateValues): ExpressionArgument[] {
  if (schema === undefined) return [];
  return find(schema, args.values, "", false).map(({ text, pointer, isCondition }) => ({
    source: { text, place: args.placeOf(pointer) },
    isCondition,
  }));
}

interface Found {
  readonly text: string;
  readonly pointer: string;
  readonly isCondition: boolean;
}

function find(schema: JsonSchema, value: Json, pointer: string, inherited: boolean | string): Found[] {
  const description = String(schema.description ?? "");
  const marked = description.includes("(CEL)") ? description : inherited;
  if (typeof value === "string") {
    if (typeof marked !== "string") return [];
    return [{ text: value, pointer, isCondition: /condition/i.test(marked) }];
  }
  if (typeof value !== "object" || value === null) return [];
  const { properties, items } = schema as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly items?: JsonSchema;
  };
  return Object.entries<Json>(value as Readonly<Record<string, Json>>).flatMap(([key, entry]) => {
    const part = Array.isArray(value) ? (items ?? {}) : (properties?.[key] ?? {});
    return find(part, entry, pointerTo(pointer, key), Array.isArray(value) ? marked : false);
  });
}
