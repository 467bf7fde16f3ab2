import type { Problem } from "../contract/errors.ts";
import { isMap, type Json } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { Reading, TaskScope } from "./reading.ts";
import type { Places } from "./yaml/places.ts";
import { childAt, keyPlaceOf, type Spot } from "./yaml/spot.ts";

/**
 * What stands inside a play, role, block or include with `module_defaults`: arguments that its tasks have unless they
 * give their own. As in Ansible, an inner entry for a module takes the place of the outer one whole.
 */
export async function withModuleDefaults<Scope extends TaskScope>(
  spot: Spot,
  scope: Scope,
  reading: Reading,
): Promise<Scope> {
  const given = childAt(spot, "module_defaults");
  if (given === undefined || !isMap(given.value)) return scope;
  const moduleDefaults = new Map(scope.moduleDefaults);
  for (const name of Object.keys(given.value)) {
    const entry = childAt(given, name);
    if (entry === undefined) continue;
    const module = await reading.module(name);
    if (module === undefined) reading.problems.push(unknownModule(entry, name, reading));
    else if (isMap(entry.value)) {
      reading.problems.push(...unknownArguments(entry, module));
      moduleDefaults.set(name, entry);
    }
  }
  return { ...scope, moduleDefaults };
}

/** A task's own arguments over the defaults of its module; each still knows its place. */
export function overDefaults(own: Spot, defaults: Spot | undefined): Spot {
  if (defaults === undefined || !isMap(own.value) || !isMap(defaults.value)) return own;
  const given = own.value;
  const { places } = own.yaml;
  const isOwn = (pointer: string) => {
    const [key = ""] = pointer.slice(own.pointer.length + 1).split("/");
    return key === "" || Object.hasOwn(given, key) || childAt(defaults, key) === undefined;
  };
  const inDefaults = (pointer: string) => defaults.pointer + pointer.slice(own.pointer.length);
  const find =
    <Word extends keyof Places>(word: Word) =>
    (pointer: string) =>
      (isOwn(pointer)
        ? places[word](pointer)
        : defaults.yaml.places[word](inDefaults(pointer))) as ReturnType<Places[Word]>;
  return {
    yaml: {
      file: own.yaml.file,
      places: {
        placeOf: find("placeOf"),
        contentOf: find("contentOf"),
        keyOf: find("keyOf"),
        writtenAt: find("writtenAt"),
      },
    },
    pointer: own.pointer,
    value: { ...defaults.value, ...given },
  };
}

function unknownModule(entry: Spot, name: string, { registry }: Reading): Problem {
  const hint = name.startsWith("group/")
    ? "there are no groups of modules: name each module"
    : (didYouMean(name, registry.names) ?? "all modules: mailferry doc --list");
  return { message: `unknown module \`${name}\``, place: keyPlaceOf(entry), hint };
}

/** What no task could take. Whether the values fit is seen at the tasks. */
function unknownArguments(entry: Spot, module: TaskModule): Problem[] {
  const { properties = {}, additionalProperties } = module.args as Readonly<Record<string, Json>>;
  if (additionalProperties !== false || !isMap(entry.value)) return [];
  const known = Object.keys(properties as object);
  return Object.keys(entry.value)
    .filter((key) => !known.includes(key))
    .flatMap((key) => {
      const child = childAt(entry, key);
      const hint = didYouMean(key, known) ?? `it may have ${known.map((one) => `\`${one}\``).join(", ")}`;
      const message = `\`${module.name}\` has no \`${key}\``;
      return child === undefined ? [] : [{ message, place: keyPlaceOf(child), hint }];
    });
}
