import { setTimeout as sleep } from "node:timers/promises";
import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { isList, type Json, type JsonObject } from "../contract/json.ts";
import { renderValue } from "../expression/template.ts";
import type { Loop } from "../language/model/task.ts";
import { secondsOf } from "./amount.ts";

/** One item of a loop. */
export interface LoopItem {
  /** The item and its number, under the names that the loop gives them: `register` keeps them with the result. */
  readonly names: JsonObject;
  /** All that only this item's round sees. */
  readonly variables: JsonObject;
}

/** The items of a loop, with the variables of each. Throws BadInput when it is no list. */
export function itemsOf(loop: Loop, variables: Variables): LoopItem[] {
  const items = renderValue(loop.items, variables, loop.placeOf);
  if (!isList(items)) throw noList(loop, items);
  return items.map((item, index) => {
    const numbered = loop.indexVariable === undefined ? {} : { [loop.indexVariable]: index };
    const names = { ...numbered, [loop.variable]: item };
    return { names, variables: loop.isExtended ? { ...names, loop_info: loopInfo(items, index) } : names };
  });
}

/** What is shown of an item: its label, or the item itself. */
export function labelOf(loop: Loop, { names }: LoopItem, variables: Variables): string {
  const label =
    loop.label === undefined
      ? (names[loop.variable] ?? null)
      : renderValue(loop.label.text, variables, loop.label.place);
  return typeof label === "string" ? label : JSON.stringify(label);
}

/** Waits between two items. */
export async function pauseBetween(loop: Loop, variables: Variables, signal: AbortSignal): Promise<void> {
  if (loop.pause === undefined) return;
  await sleep(secondsOf(loop.pause, variables) * 1000, undefined, { signal });
}

function loopInfo(items: readonly Json[], index: number): JsonObject {
  const length = items.length;
  return {
    allitems: items,
    index: index + 1,
    index0: index,
    revindex: length - index,
    revindex0: length - index - 1,
    first: index === 0,
    last: index === length - 1,
    length,
    ...(index > 0 ? { previtem: items[index - 1] ?? null } : {}),
    ...(index < length - 1 ? { nextitem: items[index + 1] ?? null } : {}),
  };
}

function noList(loop: Loop, found: Json): BadInput {
  const isMap = typeof found === "object" && found !== null;
  const hint = isMap
    ? "go through the entries of a map with a list of its keys"
    : 'write `loop: [a, b]` or `loop: "{{list}}"`';
  return new BadInput([{ message: "loop wants a list", place: loop.place, hint }]);
}
