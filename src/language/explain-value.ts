import type { ErrorObject } from "ajv";
import { didYouMean } from "../expression/did-you-mean.ts";
import { describe } from "../expression/helpers.ts";
import { durationPattern } from "./schemas/common.ts";

interface Explained {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Says what a value should be. `subject` names it, `written` is how it stands in the file. */
export function explainValue(error: ErrorObject, subject: string, written: string | undefined): Explained {
  const { data, params, parentSchema, schema } = error;
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
    case "minItems": {
      const wanted = `${params.limit} ${params.limit === 1 ? "entry" : "entries"}`;
      return { message: `${subject} needs at least ${wanted}`, hint: textOf(parentSchema?.description) };
    }
    case "minimum":
      return { message: `${subject} is ${describe(data)}, but has to be ${params.limit} or more` };
    case "maximum":
      return { message: `${subject} is ${describe(data)}, but has to be ${params.limit} or less` };
    case "anyOf":
    case "oneOf":
      return explainChoice(subject, branchesOf(parentSchema, error.keyword), data, written, parentSchema);
    case "not":
      return {
        message: `${subject} can't have all of ${list(requiredOf(schema))}`,
        hint: "take one of them out",
      };
    case "false schema":
      return { message: `${subject} has no place here, beside the other arguments` };
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
  const found = data === null || data === "" ? "empty" : describe(data);
  const message = `${subject} is ${found}, but wants ${types.map(typeWord).join(" or ")}`;
  if (types.includes("boolean") && typeof data === "string") {
    if (/^(yes|on|y|true)$/i.test(data)) return { message, hint: "write `true`" };
    if (/^(no|off|n|false)$/i.test(data)) return { message, hint: "write `false`" };
  }
  const wantsText = types.includes("string") && !types.includes("array");
  if (wantsText && typeof data === "number" && written !== undefined) {
    const octal = /^0\d+$/.test(written) ? `: \`${written}\` without quotes is the number ${data}` : "";
    return { message, hint: `quote it, "${written}"${octal}` };
  }
  if (types.includes("string") && typeof data === "boolean") {
    return { message, hint: `give it a text; quote \`${written ?? data}\` if it is meant as one` };
  }
  if (typeof data === "string" && /^-?\d+$/.test(data) && types.some((type) => /integer|number/.test(type))) {
    return { message, hint: `take the quotes off: ${data}` };
  }
  return { message, hint: textOf(description) };
}

function explainPattern(subject: string, pattern: string, data: unknown, description: unknown): Explained {
  if (data === "") return { message: `${subject} is empty`, hint: textOf(description) };
  if (pattern === durationPattern) {
    return {
      message: `${subject} is ${describe(data)}, which is no duration`,
      hint: durationHint(String(data)),
    };
  }
  if (pattern.startsWith("^/") && typeof data === "string" && !data.startsWith("/")) {
    const message = data === "" ? `${subject} is empty` : `${subject} is ${describe(data)}, not a full path`;
    return { message, hint: "a path begins with `/`" };
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
  const match = /^\s*(\d+)\s*(ms|s|m|h|d|$)[a-z]*\s*$/i.exec(data);
  const example = match === null ? "5m" : `${match[1]}${match[2]?.toLowerCase() || "s"}`;
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

/** A choice between types is told as one type error; a choice between arguments by their names. */
function explainChoice(
  subject: string,
  branches: readonly Branch[],
  data: unknown,
  written: string | undefined,
  parent: unknown,
): Explained {
  const { description } = (parent ?? {}) as { readonly description?: unknown };
  const types = branches.flatMap(({ type }) => (type === undefined ? [] : typesOf(type)));
  if (types.length >= branches.length && !types.includes(typeOf(data))) {
    return explainType(subject, types, data, written, description);
  }
  const names = branches.flatMap((branch) => requiredOf(branch));
  if (names.length >= branches.length && branches.every(({ type }) => type === undefined)) {
    const given = names.filter(
      (name) => typeof data === "object" && data !== null && Object.hasOwn(data, name),
    );
    const message =
      given.length > 1
        ? `${subject} can't have both of ${list(given)}`
        : `${subject} needs one of ${list(names)}`;
    return { message };
  }
  return { message: `${subject} is ${describe(data)}, which does not fit`, hint: textOf(description) };
}

interface Branch {
  readonly type?: unknown;
  readonly required?: unknown;
}

function branchesOf(schema: unknown, keyword: string): readonly Branch[] {
  const branches = (schema as Readonly<Record<string, unknown>> | undefined)?.[keyword];
  return Array.isArray(branches) ? (branches as Branch[]) : [];
}

function requiredOf(schema: unknown): string[] {
  const { required } = (schema ?? {}) as Branch;
  return Array.isArray(required) ? required.map(String) : [];
}

function typeOf(data: unknown): string {
  if (data === null) return "null";
  if (Array.isArray(data)) return "array";
  return typeof data;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(" and ");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
