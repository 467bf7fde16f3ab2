import type { Problem } from "../contract/errors.ts";
import { isMap, type Json, type JsonObject } from "../contract/json.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { hintForAnsibleWord } from "./ansible-words.ts";
import type { RoleScope } from "./model/role.ts";
import { roleEntrySchema } from "./schemas/playbook.ts";
import { keyPlaceOf, type Spot, valuesAt } from "./yaml/spot.ts";

const words = Object.keys(roleEntrySchema.properties as object);

/** The variables for a role that stand beside its words in an entry of `roles:`, with their places. */
export function parametersOf(entry: Spot): JsonObject {
  if (!isMap(entry.value)) return {};
  return valuesAt({ ...entry, value: Object.fromEntries(othersIn(entry.value)) });
}

/** What is rather a slip, or a word of Ansible's that is left out, than a variable: unless the role knows it. */
export function checkParameters(entry: Spot, role: RoleScope | undefined): Problem[] {
  if (!isMap(entry.value)) return [];
  const known = [role?.defaults, role?.vars, role?.argumentsSchema?.properties].flatMap((values) =>
    Object.keys((values ?? {}) as object),
  );
  return othersIn(entry.value).flatMap(([name]) => {
    const hint = hintFor(name);
    if (known.includes(name) || hint === undefined) return [];
    const spot = { ...entry, pointer: `${entry.pointer}/${name}` };
    return [{ message: `a role has no \`${name}\``, place: keyPlaceOf(spot), hint }];
  });
}

function hintFor(name: string): string | undefined {
  if (name === "name") return "write `role`";
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "a variable has letters, digits and `_` in its name";
  return hintForAnsibleWord(name) ?? didYouMean(name, words);
}

function othersIn(value: JsonObject): [string, Json][] {
  return Object.entries(value).filter(([name]) => !words.includes(name));
}
