import { describe } from "../../expression/helpers/arguments.ts";

/** What is wrong with a value, and the way out. */
export interface Explained {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Says that a value is of another type, with the slip that is behind it where that can be seen. */
export function explainType(
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

/** The types that JSON Schema's `type` allows, without null. */
export function typesOf(type: unknown): readonly string[] {
  return (Array.isArray(type) ? type : String(type).split(",")).map(String).filter((one) => one !== "null");
}

/** What a description says that helps here; how Ansible differs does not. Nothing for anything but a text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.replace(/\s*Differs from Ansible:.*$/s, "") : undefined;
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
