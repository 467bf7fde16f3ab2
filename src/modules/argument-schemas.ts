import type { JsonSchema } from "../contract/json.ts";

/** A schema of an object that takes the named properties and no others. */
export function closed(
  properties: Readonly<Record<string, JsonSchema>>,
  rules: JsonSchema & { readonly required?: readonly string[] } = {},
): JsonSchema {
  return { type: "object", additionalProperties: false, properties, ...rules };
}

export function text(description: string): JsonSchema {
  return { type: "string", description };
}

/** A string that must hold something. */
export function word(description: string): JsonSchema {
  return { type: "string", minLength: 1, description };
}

/** A text that nobody may see: the engine masks its value wherever it would be shown. */
export function secretText(description: string): JsonSchema {
  return { type: "string", writeOnly: true, description };
}

export function yesOrNo(description: string, byDefault?: boolean): JsonSchema {
  return { type: "boolean", description, ...(byDefault === undefined ? {} : { default: byDefault }) };
}

/** One of a few words; the first is the default unless another is named. */
export function oneOf(values: readonly string[], description: string, byDefault?: string): JsonSchema {
  return {
    type: "string",
    enum: values,
    description,
    ...(byDefault === undefined ? {} : { default: byDefault }),
  };
}

export function absolutePath(description: string): JsonSchema {
  return { type: "string", pattern: "^/", description };
}

/** Seconds, fractions allowed. */
export function seconds(description: string, byDefault?: number): JsonSchema {
  return {
    type: "number",
    minimum: 0,
    description,
    ...(byDefault === undefined ? {} : { default: byDefault }),
  };
}

/** A port number. */
export function port(description: string): JsonSchema {
  return { type: "integer", minimum: 1, maximum: 65_535, description };
}

/** One string, or a list of them. */
export function oneOrMore(description: string, pattern: string): JsonSchema {
  const item = { type: "string", pattern };
  return { anyOf: [item, { type: "array", items: item, minItems: 1 }], description };
}

/** Who owns a file and who may use it. */
export const ownership: Readonly<Record<"mode" | "owner" | "group", JsonSchema>> = {
  mode: {
    type: "string",
    pattern: "^[0-7]{3,4}$",
    description: 'Permission bits as quoted octal digits, for instance "0644".',
  },
  owner: word("Name of the user that owns it."),
  group: word("Name of the group that owns it."),
};

/** A command that looks at new content before it is put in place. */
export const validate: JsonSchema = {
  type: "string",
  pattern: "%s",
  description:
    "A command, without a shell, that must end well before the new content is put in place; `%s` in it stands for a file with that content: `visudo -cf %s`.",
};

/** Keep what was there. */
export const backup: JsonSchema = yesOrNo(
  "Keep what was there, in the same directory with the time in its name.",
  false,
);

/** A rule: of these properties exactly one is given. */
export function exactlyOne(...names: readonly string[]): JsonSchema {
  return { oneOf: names.map((name) => given(name)) };
}

/** A rule: at most one of these properties is given. */
export function notBoth(one: string, other: string): JsonSchema {
  return { not: given(one, other) };
}

/** A rule: when `name` is `value`, these properties must be given, those must not, and some are limited further. */
export function whenIs(
  name: string,
  value: string | boolean,
  rule: {
    readonly needs?: readonly string[];
    readonly forbids?: readonly string[];
    readonly limits?: Readonly<Record<string, JsonSchema>>;
  },
): JsonSchema {
  const { needs = [], forbids = [], limits = {} } = rule;
  return {
    if: { properties: { [name]: { const: value } }, required: [name] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: { required: needs, properties: { ...named(needs, {}), ...named(forbids, false), ...limits } },
  };
}

/** A rule: `name` is given only when `other` is one of these values. */
export function onlyWhen(name: string, other: string, ...values: readonly (string | boolean)[]): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  return { if: given(name), then: { properties: { [other]: { enum: values } }, required: [other] } };
}

/** A rule: when `name` is given, other properties are limited further. */
export function whenGiven(name: string, limits: Readonly<Record<string, JsonSchema | false>>): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  return { if: given(name), then: { properties: limits } };
}

/** A rule: these properties are given. */
export function given(...names: readonly string[]): JsonSchema {
  return { properties: named(names, {}), required: names };
}

function named(names: readonly string[], schema: unknown): JsonSchema {
  return Object.fromEntries(names.map((name) => [name, schema]));
}
