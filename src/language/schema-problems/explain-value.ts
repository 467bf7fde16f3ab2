import type { ErrorObject } from "ajv";
import { didYouMean } from "../../expression/did-you-mean.ts";
import { describe } from "../../expression/helpers/arguments.ts";
import { durationOrTemplatePattern, durationPattern, templatePattern } from "../schemas/common.ts";
import { branchesOf, explainChoice, list, requiredOf } from "./explain-choice.ts";
import { type Explained, explainType, textOf, typesOf } from "./explain-type.ts";

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
      return {
        message: `${subject} has to be \`${String(params.allowedValue)}\``,
        hint: textOf(parentSchema?.description),
      };
    case "pattern":
      if (params.pattern === templatePattern && data !== "") {
        // A text is only taken for its template: what is wanted is the other type.
        const types = typesOf(parentSchema?.type).filter((type) => type !== "string");
        return explainType(subject, types, data, written, parentSchema?.description);
      }
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

function explainPattern(subject: string, pattern: string, data: unknown, description: unknown): Explained {
  if (data === "") return { message: `${subject} is empty`, hint: textOf(description) };
  if (pattern === durationPattern || pattern === durationOrTemplatePattern) {
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
