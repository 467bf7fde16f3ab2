import type { ErrorObject } from "ajv";
import { didYouMean } from "../expression/did-you-mean.ts";
import { describe } from "../expression/helpers.ts";
import { durationPattern } from "./schemas/common.ts";

interface Explained {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Says what a value should be. `written` is how it stands in the file. */
export function explainValue(error: ErrorObject, name: string, written: string | undefined): Explained {
  const subject = name.includes(" ") ? name : `\`${name}\``;
  const { data, params, parentSchema } = error;
  switch (error.keyword) {
    case "type":
      return explainType(subject, typesOf(params.type), data, written, parentSchema?.description);
    case "enum": {
      const allowed = (params.allowedValues as unknown[]).map(String);
      const hint = typeof data === "string" ? didYouMean(data, allowed) : undefined;
      const wanted = `one of ${allowed.map((value) => `\`${value}\``).join(", ")}`;
      return { message: `${subject} is ${describe(data)}, but wants ${wanted}`, hint };
    }
    case "const":
      return { message: `${subject} has to be \`${String(params.allowedValue)}\`` };
    case "pattern":
      return explainPattern(subject, String(params.pattern), data, parentSchema?.description);
    case "minLength":
      return data === ""
        ? { message: `${subject} is empty`, hint: textOf(parentSchema?.description) }
        : { message: `${subject} is shorter than ${params.limit} characters` };
    case "minItems":
      return {
        message: `${subject} needs at least ${params.limit} ${params.limit === 1 ? "entry" : "entries"}`,
      };
    case "minimum":
      return { message: `${subject} is ${describe(data)}, but has to be ${params.limit} or more` };
    case "maximum":
      return { message: `${subject} is ${describe(data)}, but has to be ${params.limit} or less` };
    case "anyOf":
    case "oneOf":
      return { message: `${subject} fits none of the forms it may have`, hint: formsOf(parentSchema) };
    case "dependentRequired":
    case "dependencies":
      return {
        message: `${subject} needs \`${params.missingProperty}\` when \`${params.property}\` is there`,
      };
    default:
      return {
        message: `${subject} ${error.message ?? "is not right"}`,
        hint: textOf(parentSchema?.description),
      };
  }
}

function explainType(
  subject: string,
  types: readonly string[],
  data: unknown,
  written: string | undefined,
  description: unknown,
): Explained {
  const message = `${subject} is ${describe(data)}, but wants ${types.map(typeWord).join(" or ")}`;
  if (types.includes("boolean") && typeof data === "string") {
    if (/^(yes|on|y|true)$/i.test(data)) return { message, hint: "write `true`" };
    if (/^(no|off|n|false)$/i.test(data)) return { message, hint: "write `false`" };
  }
  if (types.includes("string") && typeof data === "number" && written !== undefined) {
    const octal = /^0\d+$/.test(written) ? `: \`${written}\` without quotes is the number ${data}` : "";
    return { message, hint: `quote it, "${written}"${octal}` };
  }
  if (types.includes("string") && (typeof data === "boolean" || data === null)) {
    return { message, hint: `give it a text; quote it if \`${written ?? data}\` is meant as one` };
  }
  if (typeof data === "string" && /^-?\d+$/.test(data) && types.some((type) => /integer|number/.test(type))) {
    return { message, hint: `take the quotes off: ${data}` };
  }
  return { message, hint: textOf(description) };
}

function explainPattern(subject: string, pattern: string, data: unknown, description: unknown): Explained {
  if (pattern === durationPattern) {
    return {
      message: `${subject} is ${describe(data)}, which is no duration`,
      hint: durationHint(String(data)),
    };
  }
  if (/0-7/.test(pattern)) {
    return {
      message: `${subject} is ${describe(data)}, which is no mode`,
      hint: 'write four octal digits, "0644"',
    };
  }
  return {
    message: `${subject} is ${describe(data)}, which does not fit`,
    hint: textOf(description) ?? pattern,
  };
}

function durationHint(data: string): string {
  const match = /^\s*(\d+)\s*(ms|s|m|h|d)[a-z]*\s*$/i.exec(data);
  const example = match === null ? "5m" : `${match[1]}${match[2]?.toLowerCase()}`;
  return `write \`${example}\`; the units are s, m, h and d`;
}

function typesOf(type: unknown): readonly string[] {
  return (Array.isArray(type) ? type : String(type).split(",")).map(String).filter((one) => one !== "null");
}

function typeWord(type: string): string {
  const words: Readonly<Record<string, string>> = {
    string: "a text",
    boolean: "true or false",
    integer: "a whole number",
    number: "a number",
    array: "a list",
    object: "a map",
  };
  return words[type] ?? type;
}

function formsOf(schema: unknown): string | undefined {
  const { description } = (schema ?? {}) as { readonly description?: unknown };
  return textOf(description);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
