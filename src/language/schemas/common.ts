import type { JsonSchema } from "../../contract/json.ts";

/** A text, or a list of texts. */
export function texts(description: string): JsonSchema {
  return { description, type: ["string", "array"], items: { type: "string", minLength: 1 }, minLength: 1 };
}

/** A condition: CEL in a text, true or false, or (where `list`) several that must all hold. */
export function condition(description: string, list: "one" | "list"): JsonSchema {
  if (list === "one") return { description, type: ["string", "boolean"] };
  return { description, type: ["string", "boolean", "array"], items: { type: ["string", "boolean"] } };
}

/** `30`, `30s`, `5m`, `24h`, `2d`, or parts together: `1h30m`. */
export const durationPattern = "^([0-9]+(ms|s|m|h|d))+$";

/** A span of time: seconds as a number, or a text as in `durationPattern`. */
export function duration(description: string): JsonSchema {
  return { description, type: ["number", "string"], minimum: 0, pattern: durationPattern };
}

/** A template anywhere in a text. */
export const templatePattern = "\\{\\{";

/** As `durationPattern`, or a template that gives such a text or a number of seconds. */
export const durationOrTemplatePattern = `${durationPattern}|${templatePattern}`;

/** A span of time, which may be a template. */
export function durationOrTemplate(description: string): JsonSchema {
  return { description, type: ["number", "string"], minimum: 0, pattern: durationOrTemplatePattern };
}

/** A whole number, which may be a template. */
export function countOrTemplate(description: string): JsonSchema {
  return { description, type: ["integer", "string"], minimum: 0, pattern: templatePattern };
}

/** True or false, or a template that gives one of them. */
export function flagOrTemplate(description: string): JsonSchema {
  return { description, type: ["boolean", "string"], pattern: templatePattern };
}

/** Variables by name. */
export function variables(description: string): JsonSchema {
  return { description, type: ["object", "null"], propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" } };
}

export const flag = (description: string): JsonSchema => ({ description, type: "boolean" });
export const text = (description: string): JsonSchema => ({ description, type: "string", minLength: 1 });
export const list = (description: string): JsonSchema => ({ description, type: ["array", "null"] });
