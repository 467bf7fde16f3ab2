import type { Problem } from "../../contract/errors.ts";
import type { Variables } from "../../contract/host.ts";
import type { JsonObject, JsonSchema } from "../../contract/json.ts";
import { placeIn, pointerTo } from "../../expression/placed-values.ts";
import { holdsTemplate } from "../../expression/template.ts";
import type { Playbook } from "../model/playbook.ts";
import type { PlaybookContext } from "../playbook-context.ts";
import { validateSpot } from "../schema-problems/schema-problems.ts";

/** Holds what is known of a playbook's variables before the run against its `vars_schema`. */
export function checkPlaybookVariables(playbook: Playbook, context: PlaybookContext): Problem[] {
  if (playbook.varsSchema === undefined) return [];
  const { schema } = playbook.varsSchema;
  const hosts = [...(context.inventory?.hosts.values() ?? [])].map(({ variables }) => variables);
  const given = [playbook.vars, ...hosts];
  const wrong = Object.entries(propertiesOf(schema)).flatMap(([name, property]) =>
    given
      .filter((values) => Object.hasOwn(values, name) && !holdsTemplate(values[name] ?? null))
      .flatMap((values) => validateSpot(property, spotOf(playbook, values, name), { what: `\`${name}\`` })),
  );
  if (context.inventory === undefined) return wrong;
  const known = [...given.flatMap((values) => Object.keys(values)), ...(context.extraVariables ?? [])];
  const required = (schema.required ?? []) as readonly string[];
  return [
    ...wrong,
    ...required.filter((name) => !known.includes(name)).map((name) => missing(playbook, name)),
  ];
}

/** Holds a host's variables against the playbook's `vars_schema`; only those that it names are read. */
export function checkVariablesOfHost(playbook: Playbook, variables: Variables): Problem[] {
  if (playbook.varsSchema === undefined) return [];
  const { schema, place } = playbook.varsSchema;
  const names = Object.keys(propertiesOf(schema)).filter((name) => Object.hasOwn(variables, name));
  const value = Object.fromEntries(names.map((name) => [name, variables[name] ?? null]));
  const placeOf = (pointer: string) => placeIn(playbook.vars, pointer) ?? place;
  const places = { placeOf, contentOf: placeOf, keyOf: placeOf, writtenAt: () => undefined };
  return validateSpot(
    schema,
    { yaml: { file: playbook.file, places }, pointer: "", value },
    { what: "the playbook" },
  );
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
}

function spotOf({ file, varsSchema }: Playbook, values: JsonObject, name: string) {
  const start = varsSchema?.place ?? { file, line: 1, column: 1 };
  const placeOf = (pointer: string) => placeIn(values, pointer) ?? start;
  const places = { placeOf, contentOf: placeOf, keyOf: placeOf, writtenAt: () => undefined };
  return { yaml: { file, places }, pointer: pointerTo("", name), value: values[name] ?? null };
}

function missing({ varsSchema }: Playbook, name: string): Problem {
  const described = varsSchema === undefined ? undefined : propertiesOf(varsSchema.schema)[name]?.description;
  const what = typeof described === "string" ? described.replace(/\.$/, "") : name;
  return {
    message: `the playbook needs the variable \`${name}\``,
    place: varsSchema?.place,
    hint: `${what}; set it in \`vars\`, in the inventory, or by -e`,
  };
}
