import type { Problem } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { placeIn } from "../expression/placed-values.ts";
import { holdsTemplate } from "../expression/template.ts";
import type { KnownNames } from "./known-names.ts";
import { namesOfPlaybook, partsOf, withNames } from "./known-names.ts";
import type { Block, Playbook, RoleScope, TaskNode } from "./model.ts";
import type { PlaybookContext } from "./playbook-context.ts";
import { validateSpot } from "./schema-problems.ts";

/** Checks what is given to each role against its `arguments.yml`, as far as no template stands there: missing and wrong. */
export function checkRoleUses(playbook: Playbook, context: PlaybookContext): Problem[] {
  const known = namesOfPlaybook(playbook, context);
  return playbook.stages
    .flatMap(({ plays, rollback }) => [...plays, ...rollback])
    .flatMap((play) => {
      const names = withNames(known, Object.keys(play.vars));
      return play.tasks.flatMap((node) => checkNode(node, [playbook.vars, play.vars], names, context));
    });
}

function checkNode(
  node: TaskNode,
  outer: readonly JsonObject[],
  outerNames: KnownNames,
  context: PlaybookContext,
): Problem[] {
  if (node.kind === "task") return [];
  const layers = [...outer, node.vars];
  const names = withNames(outerNames, Object.keys(node.vars));
  const inside = partsOf(node).flatMap((part) => checkNode(part, layers, names, context));
  const opensRole = node.role !== undefined && node.block.some((part) => part.role === node.role);
  return opensRole ? [...checkUse(node, node.role, layers, names, context), ...inside] : inside;
}

function checkUse(
  { place }: Block,
  role: RoleScope,
  layers: readonly JsonObject[],
  names: KnownNames,
  context: PlaybookContext,
): Problem[] {
  const schema = role.argumentsSchema;
  if (schema === undefined) return [];
  const inventory = [...(context.inventory?.hosts.values() ?? [])].map(({ variables }) => variables);
  const all = [role.defaults, ...inventory, ...layers, role.parameters];
  const properties = Object.keys((schema.properties ?? {}) as object);
  return [
    ...missingArguments(
      role,
      place,
      new Set([...(names ?? []), ...all.flatMap(Object.keys)]),
      names === undefined,
    ),
    ...all.flatMap((values) => wrongArguments(role, values, properties)),
  ];
}

function missingArguments(
  { name, argumentsSchema, directory }: RoleScope,
  place: Problem["place"],
  known: ReadonlySet<string>,
  isOpen: boolean,
): Problem[] {
  const required = (argumentsSchema?.required ?? []) as readonly string[];
  if (isOpen) return [];
  return required
    .filter((argument) => !known.has(argument))
    .map((argument) => ({
      message: `the role \`${name}\` needs the variable \`${argument}\``,
      place,
      hint: `${descriptionOf(argumentsSchema, argument)}; set it in the inventory, in \`vars\`, or by -e (see ${directory}/arguments.yml)`,
    }));
}

function descriptionOf(schema: RoleScope["argumentsSchema"], argument: string): string {
  const properties = (schema?.properties ?? {}) as Readonly<
    Record<string, { readonly description?: string }>
  >;
  return (properties[argument]?.description ?? argument).replace(/\.$/, "");
}

/** Each given value alone against its own property. */
function wrongArguments(role: RoleScope, values: JsonObject, properties: readonly string[]): Problem[] {
  const given = Object.entries<Json>(values).filter(
    ([key, value]) => properties.includes(key) && !holdsTemplate(value),
  );
  const value = Object.fromEntries(given);
  const { required: _, ...schema } = role.argumentsSchema ?? {};
  const placeOf = (pointer: string) =>
    placeIn(values, pointer) ?? { file: role.directory, line: 1, column: 1 };
  const places = { placeOf, contentOf: placeOf, keyOf: placeOf, writtenAt: () => undefined };
  const spot = { yaml: { file: role.directory, places }, pointer: "", value };
  return validateSpot(schema, spot, { what: `the role \`${role.name}\`` });
}
