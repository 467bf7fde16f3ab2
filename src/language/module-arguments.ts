import type { Place, Problem } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import { pointerTo } from "../expression/placed-values.ts";
import { holdsTemplate } from "../expression/template.ts";
import type { TemplateValues } from "./model.ts";
import type { Places } from "./places.ts";
import { validateSpot } from "./schema-problems.ts";
import { childAt, isMap, problemAt, type Spot, valuesAt } from "./spot.ts";

/** The arguments under a module's key, checked as far as no template stands in them. */
export function readArguments(module: TaskModule, spot: Spot, problems: Problem[]): TemplateValues {
  const args = asMapping(module, spot);
  if (args === undefined) {
    problems.push(wrongForm(module, spot));
    return { values: {}, placeOf: () => spot.yaml.places.contentOf(spot.pointer) };
  }
  problems.push(
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
  const { places } = spot.yaml;
  const under = pointerTo(spot.pointer, module.shorthand);
  const actual = (pointer: string) =>
    pointer.startsWith(under) ? spot.pointer + pointer.slice(under.length) : pointer;
  return {
    yaml: {
      file: spot.yaml.file,
      places: {
        placeOf: (pointer) => places.placeOf(actual(pointer)),
        contentOf: (pointer) => places.contentOf(actual(pointer)),
        keyOf: (pointer) => places.keyOf(actual(pointer)),
        writtenAt: (pointer) => places.writtenAt(actual(pointer)),
      },
    },
    pointer: spot.pointer,
    value: { [module.shorthand]: spot.value },
  };
}

function wrongForm(module: TaskModule, spot: Spot): Problem {
  const properties = Object.keys((module.args.properties ?? {}) as object);
  const pairs = typeof spot.value === "string" && /^\w+=/.test(spot.value);
  return problemAt(
    spot,
    `\`${module.name}\` wants its arguments as a map`,
    pairs
      ? `write one \`name: value\` a line under \`${module.name}:\`, not \`name=value\``
      : `its arguments are ${properties.map((name) => `\`${name}\``).join(", ")}`,
  );
}

function valueAt(spot: Spot, pointer: string): Json {
  let at: Spot | undefined = spot;
  for (const part of pointer.split("/").slice(1)) {
    if (at === undefined) return null;
    at = childAt(at, part.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return at?.value ?? null;
}
