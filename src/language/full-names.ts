import { isMap } from "../contract/json.ts";
import { pointerTo } from "../expression/placed-values.ts";
import { type Spot, withPlacesFrom } from "./yaml/spot.ts";

const ownCollections = /^ansible\.(?:builtin|legacy)\./;

/** `ansible.builtin.copy` means `copy`. Other collections' names stay, and are unknown. */
function shortName(name: string): string {
  return name.replace(ownCollections, "");
}

/** A task (or a play's entry) with its keys by their short names; each still knows its place. */
export function withShortNames(spot: Spot): Spot {
  if (!isMap(spot.value)) return spot;
  const { value } = spot;
  const long = Object.keys(value).filter(
    (key) => shortName(key) !== key && !Object.hasOwn(value, shortName(key)),
  );
  if (long.length === 0) return spot;
  const renamed = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [long.includes(key) ? shortName(key) : key, inner]),
  );
  return withPlacesFrom(spot, renamed, (pointer) => {
    const name = long.find((key) => isUnder(pointer, pointerTo(spot.pointer, shortName(key))));
    if (name === undefined) return pointer;
    return pointerTo(spot.pointer, name) + pointer.slice(pointerTo(spot.pointer, shortName(name)).length);
  });
}

function isUnder(pointer: string, parent: string): boolean {
  return pointer === parent || pointer.startsWith(`${parent}/`);
}
