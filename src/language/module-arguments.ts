import type { Place, Problem } from "../contract/errors.ts";
import { isMap, type Json, type JsonObject } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import { pointerTo } from "../expression/placed-values.ts";
import { holdsTemplate } from "../expression/template.ts";
import type { TemplateValues } from "./model/source.ts";
import { overDefaults } from "./module-defaults.ts";
import { argumentsInCommand, pairsAsMap } from "./old-forms.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import type { Places } from "./yaml/places.ts";
import { childAt, problemAt, type Spot, valuesAt, withPlacesFrom } from "./yaml/spot.ts";

/**
 * The arguments under a module's key, over those of the task's `args` (`more`) and those of `module_defaults`, checked as
 * far as no template stands in them.
 */
export function readArguments(
  module: TaskModule,
  spot: Spot,
  problems: Problem[],
  { defaults, more }: { readonly defaults?: Spot | undefined; readonly more?: Spot | undefined } = {},
): TemplateValues {
  const own = asMapping(module, spot);
  if (own === undefined) {
    problems.push(wrongForm(module, spot));
    return { values: {}, placeOf: () => spot.yaml.places.contentOf(spot.pointer) };
  }
  const args = overDefaults(overDefaults(own, more), defaults);
  problems.push(
    ...checkForArguments(module, spot),
    ...validateSpot(module.args, args, {
      what: `\`${module.name}\``,
      isOpen: (pointer) => holdsTemplate(valueAt(args, pointer)),
    }),
  );
  return {
    values: valuesAt(args),
    placeOf: (pointer) => args.yaml.places.contentOf(args.pointer + pointer),
  };
}

/** Checks arguments whose templates are rendered. `placeOf` is that of the task's `args`. */
export function checkArguments(
  module: TaskModule,
  args: JsonObject,
  placeOf: (pointer: string) => Place,
): Problem[] {
  const places: Places = { placeOf, contentOf: placeOf, keyOf: placeOf, writtenAt: () => undefined };
  const spot = { yaml: { file: placeOf("").file, places }, pointer: "", value: args };
  return validateSpot(module.args, spot, { what: `\`${module.name}\`` });
}

/** `command: /bin/true` stands for `command: { cmd: /bin/true }`; nothing at all stands for no arguments. */
function asMapping(module: TaskModule, spot: Spot): Spot | undefined {
  if (isMap(spot.value)) return spot;
  if (spot.value === null) return { ...spot, value: {} };
  if (module.shorthand === undefined || typeof spot.value !== "string") return undefined;
  const under = pointerTo(spot.pointer, module.shorthand);
  return withPlacesFrom(spot, { [module.shorthand]: spot.value }, (pointer) =>
    pointer.startsWith(under) ? spot.pointer + pointer.slice(under.length) : pointer,
  );
}

function wrongForm(module: TaskModule, spot: Spot): Problem {
  const properties = propertiesOf(module);
  const map = typeof spot.value === "string" ? pairsAsMap(spot.value) : undefined;
  return problemAt(
    spot,
    `\`${module.name}\` wants its arguments as a map`,
    map === undefined
      ? `its arguments are ${properties.map((name) => `\`${name}\``).join(", ")}`
      : `write \`${module.name}: ${map}\``,
  );
}

/** `command: make creates=/x` would run make with one more argument. */
function checkForArguments(module: TaskModule, spot: Spot): Problem[] {
  if (typeof spot.value !== "string") return [];
  const names = propertiesOf(module).filter((name) => name !== module.shorthand);
  const found = argumentsInCommand(spot.value, names);
  if (found === undefined) return [];
  const message = `\`${module.name}\` has an argument in its text`;
  return [problemAt(spot, message, `take it out of the text and write \`args: ${found}\` beside it`)];
}

function propertiesOf(module: TaskModule): string[] {
  return Object.keys((module.args.properties ?? {}) as object);
}

function valueAt(spot: Spot, pointer: string): Json {
  let at: Spot | undefined = spot;
  for (const part of pointer.split("/").slice(1)) {
    if (at === undefined) return null;
    at = childAt(at, part.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return at?.value ?? null;
}
