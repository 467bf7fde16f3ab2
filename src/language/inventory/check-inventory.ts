import type { Problem } from "../../contract/errors.ts";
import { magicVariables } from "../../expression/magic-names.ts";
import { placeIn, pointerTo } from "../../expression/placed-values.ts";
import type { InventoryHost } from "../model/inventory.ts";

/** A variable that nobody will ever see, because a run sets one of that name. */
export function hiddenVariables({ variables }: InventoryHost): Problem[] {
  return Object.keys(variables)
    .filter((name) => Object.hasOwn(magicVariables, name))
    .map((name) => ({
      message: `the variable \`${name}\` is hidden by Mailferry's own: ${magicVariables[name]}`,
      place: placeIn(variables, pointerTo("", name)),
      hint: "take another name if a playbook of yours reads it",
      severity: "warning" as const,
    }));
}
