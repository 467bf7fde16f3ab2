import type { Json } from "../contract/json.ts";
import type { RoleScope, Source, TaskWords } from "./model.ts";
import { childAt, entriesOf, isList, keyPlaceOf, type Spot, sourceAt, valuesAt } from "./spot.ts";

/** The words that tasks, blocks, includes and roles share. */
export function readWords(spot: Spot, role: RoleScope | undefined): TaskWords {
  const name = textAt(spot, "name");
  const delegateTo = childAt(spot, "delegate_to");
  return {
    name,
    place: keyPlaceOf(spot),
    when: sourcesAt(childAt(spot, "when")),
    vars: valuesAt(childAt(spot, "vars")),
    tags: tagsAt(childAt(spot, "tags")),
    become: flagAt(spot, "become"),
    becomeUser: textAt(spot, "become_user"),
    delegateTo: delegateTo === undefined ? undefined : sourceAt(delegateTo),
    noLog: flagAt(spot, "no_log"),
    ignoreErrors: flagAt(spot, "ignore_errors"),
    runOnce: flagAt(spot, "run_once"),
    role,
  };
}

/** One condition, or the entries of a list of them. */
export function sourcesAt(spot: Spot | undefined): Source[] {
  if (spot === undefined) return [];
  return isList(spot.value) ? entriesOf(spot).map(sourceAt) : [sourceAt(spot)];
}

/** A text, or the texts of a list. */
export function textsAt(spot: Spot | undefined): string[] {
  if (spot === undefined) return [];
  return isList(spot.value) ? spot.value.map(String) : [String(spot.value)];
}

/** Tags as a list, or as one text with commas. */
export function tagsAt(spot: Spot | undefined): string[] {
  return textsAt(spot).flatMap((text) => text.split(",").map((tag) => tag.trim()));
}

export function textAt(spot: Spot, key: string): string | undefined {
  const value = childAt(spot, key)?.value;
  return typeof value === "string" ? value : undefined;
}

export function flagAt(spot: Spot, key: string): boolean | undefined {
  const value: Json | undefined = childAt(spot, key)?.value;
  return typeof value === "boolean" ? value : undefined;
}
