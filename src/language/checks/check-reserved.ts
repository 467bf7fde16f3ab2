import type { Problem } from "../../contract/errors.ts";
import { celWords } from "../../expression/cel.ts";
import { magicVariables } from "../../expression/magic-names.ts";
import { childAt, problemAt, type Spot } from "../yaml/spot.ts";

/** Names that a task gives to variables and that can't be theirs: Mailferry's own, words of CEL, no names at all. */
export function checkReserved(task: Spot): Problem[] {
  const control = childAt(task, "loop_control");
  const inControl = (key: string) => (control === undefined ? undefined : childAt(control, key));
  return [childAt(task, "register"), inControl("loop_var"), inControl("index_var")]
    .filter((spot) => spot !== undefined)
    .flatMap((spot) => checkVariableName(spot, String(spot.value)));
}

/** Why a name can't be that of a variable. */
export function checkVariableName(spot: Spot, name: string): Problem[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return [problemAt(spot, `\`${name}\` can't be the name of a variable`, "use letters, digits and `_`")];
  }
  if (Object.hasOwn(magicVariables, name) && name !== "item") {
    const always = magicVariables[name];
    return [problemAt(spot, `\`${name}\` is Mailferry's own: ${always}`, "take another name")];
  }
  if (!celWords.has(name)) return [];
  return [
    problemAt(spot, `\`${name}\` is a word of CEL and could not be read in a condition`, "take another name"),
  ];
}
