import { isList, type Json } from "../contract/json.ts";
import { isTemplate } from "../expression/template.ts";
import { durationSeconds } from "./duration.ts";
import type { RoleScope } from "./model/role.ts";
import type { Amount, Flag, Source } from "./model/source.ts";
import type { TaskWords } from "./model/task.ts";
import type { Environment, InheritedWords } from "./model/words.ts";
import { childAt, entriesOf, keyPlaceOf, type Spot, sourceAt, valuesAt } from "./yaml/spot.ts";

/** The words that tasks, blocks, includes and roles share. */
export function readWords(spot: Spot, role: RoleScope | undefined): TaskWords {
  const delegateTo = childAt(spot, "delegate_to");
  return {
    ...readInheritedWords(spot),
    name: textAt(spot, "name"),
    place: keyPlaceOf(spot),
    when: sourcesAt(childAt(spot, "when")),
    delegateTo: delegateTo === undefined ? undefined : sourceAt(delegateTo),
    delegateFacts: flagAt(spot, "delegate_facts"),
    role,
  };
}

/** The words that plays have too, and hand down. */
export function readInheritedWords(spot: Spot): InheritedWords {
  const environment = childAt(spot, "environment");
  return {
    vars: valuesAt(childAt(spot, "vars")),
    tags: tagsAt(childAt(spot, "tags")),
    environment: environment === undefined ? [] : environmentsAt(environment),
    become: flagOrTemplateAt(spot, "become"),
    becomeUser: templateAt(spot, "become_user") ?? textAt(spot, "become_user"),
    noLog: flagOrTemplateAt(spot, "no_log"),
    ignoreErrors: flagOrTemplateAt(spot, "ignore_errors"),
    ignoreUnreachable: flagOrTemplateAt(spot, "ignore_unreachable"),
    anyErrorsFatal: flagOrTemplateAt(spot, "any_errors_fatal"),
    runOnce: flagOrTemplateAt(spot, "run_once"),
    throttle: amountAt(spot, "throttle"),
    timeout: amountAt(spot, "timeout"),
    checkMode: flagOrTemplateAt(spot, "check_mode"),
    diff: flagOrTemplateAt(spot, "diff"),
  };
}

/** A map of variables, or a list of such maps. */
function environmentsAt(spot: Spot): Environment[] {
  const spots = isList(spot.value) ? entriesOf(spot) : [spot];
  return spots.map((one) => ({
    value: one.value,
    placeOf: (pointer) => one.yaml.places.contentOf(one.pointer + pointer),
  }));
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

/** True or false, or a template for one of them. */
export function flagOrTemplateAt(spot: Spot, key: string): Flag | undefined {
  return templateAt(spot, key) ?? flagAt(spot, key);
}

/** undefined where no template stands. */
export function templateAt(spot: Spot, key: string): Source | undefined {
  const child = childAt(spot, key);
  return child !== undefined && isTemplate(child.value) ? sourceAt(child) : undefined;
}

/** A number, a span of time in seconds, or a template for one of them. */
export function amountAt(spot: Spot, key: string): Amount | undefined {
  const child = childAt(spot, key);
  if (child === undefined) return undefined;
  return isTemplate(child.value) ? sourceAt(child) : durationSeconds(child.value);
}
