import { join } from "node:path";
import type { Place, Problem } from "../../contract/errors.ts";
import type { Variables } from "../../contract/host.ts";
import type { JsonObject, JsonSchema } from "../../contract/json.ts";
import { placeIn, pointerTo } from "../../expression/placed-values.ts";
import { holdsTemplate } from "../../expression/template.ts";
import type { Playbook } from "../model/playbook.ts";
import type { RoleScope } from "../model/role.ts";
import type { Block, TaskNode } from "../model/task.ts";
import type { PlaybookContext } from "../playbook-context.ts";
import { validateSpot } from "../schema-problems/schema-problems.ts";
import type { KnownNames } from "./known-names.ts";
import { namesInPlay, namesOfPlaybook, partsOf, withNames } from "./known-names.ts";

/** Variables above the inventory, and how high their level is: of a play, of a role, of blocks, of where a role is used, of includes. */
interface Layer {
  readonly values: JsonObject;
  readonly rank: number;
}

/** Checks what is given to each role against its `arguments.yml`, as far as no template stands there: missing and wrong. */
export function checkRoleUses(playbook: Playbook, context: PlaybookContext): Problem[] {
  const known = namesOfPlaybook(playbook, context);
  return playbook.stages
    .flatMap(({ plays, rollback }) => [...plays, ...rollback])
    .flatMap((play) => {
      const names = namesInPlay(known, play);
      const files = play.varsFiles.map(({ values = {} }) => values);
      const layers = [playbook.vars, play.vars, ...files].map((values) => ({ values, rank: 0 }));
      return play.tasks.flatMap((node) => checkNode(node, layers, names, context));
    });
}

function checkNode(
  node: TaskNode,
  outer: readonly Layer[],
  outerNames: KnownNames,
  context: PlaybookContext,
): Problem[] {
  if (node.kind !== "block") return [];
  const ofGate = node.gate?.vars ?? {};
  const layers = [...outer, { values: node.vars, rank: 3 }, { values: ofGate, rank: 5 }];
  const names = withNames(outerNames, [...Object.keys(node.vars), ...Object.keys(ofGate)]);
  const inside = partsOf(node).flatMap((part) => checkNode(part, layers, names, context));
  const opensRole = node.role !== undefined && node.block.some((part) => part.role === node.role);
  return opensRole ? [...checkUse(node, node.role, layers, names, context), ...inside] : inside;
}

function checkUse(
  { place }: Block,
  role: RoleScope,
  layers: readonly Layer[],
  names: KnownNames,
  context: PlaybookContext,
): Problem[] {
  const schema = role.argumentsSchema;
  if (schema === undefined) return [];
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>);
  const inventory = [...(context.inventory?.hosts.values() ?? [])].map(({ variables }) => variables);
  // What the command line gives is checked when it is rendered (`checkRoleVariables`).
  const isFromOutside = (name: string) => context.extraVariables?.includes(name) === true;
  const given = (name: string) => (isFromOutside(name) ? [] : effectiveLayers(name, role, inventory, layers));
  const isKnown = (name: string) => names === undefined || names.has(name) || given(name).length > 0;
  return [
    ...missingArguments(role, place, isKnown),
    ...properties.flatMap(([name, property]) =>
      given(name).flatMap((values) => wrongArgument(role, name, property, values)),
    ),
  ];
}

/** The variables that a role's argument comes from: the highest of them, or of the inventory those of all hosts. */
function effectiveLayers(
  name: string,
  role: RoleScope,
  inventory: readonly JsonObject[],
  layers: readonly Layer[],
): readonly JsonObject[] {
  const has = (values: JsonObject) => Object.hasOwn(values, name);
  const own = [
    { values: role.entryVars ?? {}, rank: 1 },
    { values: role.vars, rank: 2 },
    { values: role.parameters, rank: 4 },
  ];
  const near = [...layers, ...own]
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ values }) => values)
    .findLast(has);
  if (near !== undefined) return [near];
  const ofHosts = inventory.filter(has);
  return ofHosts.length > 0 ? ofHosts : [role.defaults].filter(has);
}

/** Checks a role's rendered variables against its `arguments.yml`. Only those that the schema names are read. */
export function checkRoleVariables(role: RoleScope, variables: Variables, place: Place): Problem[] {
  if (role.argumentsSchema === undefined) return [];
  const names = Object.keys((role.argumentsSchema.properties ?? {}) as object);
  const given = names.filter((name) => Object.hasOwn(variables, name));
  const value = Object.fromEntries(given.map((name) => [name, variables[name] ?? null]));
  const placeOf = (pointer: string) =>
    placeIn(role.parameters, pointer) ?? placeIn(role.entryVars ?? {}, pointer) ?? place;
  const places = { placeOf, contentOf: placeOf, keyOf: placeOf, writtenAt: () => undefined };
  const spot = { yaml: { file: place.file, places }, pointer: "", value };
  return validateSpot(role.argumentsSchema, spot, { what: `the role \`${role.name}\`` });
}

function missingArguments(
  { name, argumentsSchema, directory }: RoleScope,
  place: Problem["place"],
  isKnown: (name: string) => boolean,
): Problem[] {
  const required = (argumentsSchema?.required ?? []) as readonly string[];
  return required
    .filter((argument) => !isKnown(argument))
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

function wrongArgument(role: RoleScope, name: string, property: JsonSchema, values: JsonObject): Problem[] {
  const value = values[name] ?? null;
  if (holdsTemplate(value)) return [];
  const placeOf = (pointer: string) =>
    placeIn(values, pointer) ?? { file: join(role.directory, "arguments.yml"), line: 1, column: 1 };
  const places = { placeOf, contentOf: placeOf, keyOf: placeOf, writtenAt: () => undefined };
  const spot = { yaml: { file: role.directory, places }, pointer: pointerTo("", name), value };
  return validateSpot(property, spot, { what: `\`${name}\`` });
}
