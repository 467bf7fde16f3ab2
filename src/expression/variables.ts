import { BadInput, type Place } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { isList, type Json, type JsonObject } from "../contract/json.ts";
import { lazyMap } from "./cel-values.ts";
import { placeIn, pointerTo } from "./placed-values.ts";
import { isTemplate, renderValue } from "./template.ts";

/** Variables from one source. Texts of a literal layer are data from hosts and people and are never rendered. */
export interface VariableLayer {
  /** For messages: "play vars". */
  readonly name: string;
  readonly values: JsonObject;
  readonly literal: boolean;
}

/**
 * All variables of the layers (lowest precedence first) as one object. A template among them is rendered when it is
 * read, with the same variables; so an undefined name in a variable that nobody uses does no harm.
 * Reading throws BadInput for a fault in a template and for variables that need each other in a circle.
 */
export function resolveVariables(layers: readonly VariableLayer[]): Variables {
  const origin = new Map<string, VariableLayer>();
  for (const layer of layers) for (const name of Object.keys(layer.values)) origin.set(name, layer);
  const reading: string[] = [];

  const variables: Variables = lazyMap([...origin.keys()], (name) => {
    const layer = origin.get(name);
    const value = layer?.values[name] ?? null;
    if (layer === undefined || layer.literal) return value;
    return resolve(value, layer, pointerTo("", name), name);
  });

  function resolve(value: Json, layer: VariableLayer, pointer: string, name: string): Json {
    if (isTemplate(value)) return render(value, layer, pointer, name);
    if (isList(value)) {
      return value.map((entry, index) =>
        resolve(entry, layer, pointerTo(pointer, index), `${name}[${index}]`),
      );
    }
    if (typeof value !== "object" || value === null) return value;
    const map = value;
    return lazyMap(Object.keys(map), (key) =>
      resolve(map[key] ?? null, layer, pointerTo(pointer, key), `${name}.${key}`),
    );
  }

  function render(text: string, layer: VariableLayer, pointer: string, name: string): Json {
    const place = placeIn(layer.values, pointer);
    if (reading.includes(name)) throw circle([...reading.slice(reading.indexOf(name)), name], place);
    reading.push(name);
    try {
      return renderValue(text, variables, place);
    } catch (error) {
      throw place === undefined ? nameVariable(error, name, layer.name) : error;
    } finally {
      reading.pop();
    }
  }

  return variables;
}

function circle(names: readonly string[], place: Place | undefined): BadInput {
  const message = `${circleMessage}: ${names.join(" → ")}`;
  return new BadInput([{ message, place, hint: "give one of them a value of its own, or rename it" }]);
}

const circleMessage = "variables need each other in a circle";

/** A fault without a place at least says which variable it stands in. */
function nameVariable(error: unknown, name: string, layer: string): unknown {
  if (!(error instanceof BadInput) || error.place !== undefined) return error;
  if (error.message.includes("(in variable") || error.message.startsWith(circleMessage)) return error;
  return new BadInput(
    error.problems.map((problem) => ({
      ...problem,
      message: `${problem.message} (in variable \`${name}\`, ${layer})`,
    })),
  );
}
