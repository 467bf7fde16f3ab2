import type { Loop } from "./model/task.ts";
import { amountAt, flagAt, textAt } from "./task-words.ts";
import { childAt, keyPlaceOf, type Spot, sourceAt } from "./yaml/spot.ts";

/** Reads `loop` and `loop_control` of a task or an include; undefined when it does not loop. */
export function readLoop(spot: Spot): Loop | undefined {
  const loop = childAt(spot, "loop");
  if (loop === undefined) return undefined;
  const control = childAt(spot, "loop_control");
  const label = control === undefined ? undefined : childAt(control, "label");
  const named = (key: string) => (control === undefined ? undefined : textAt(control, key));
  const place = typeof loop.value === "string" ? sourceAt(loop).place : keyPlaceOf(loop);
  return {
    items: loop.value,
    place,
    placeOf: (pointer) => (pointer === "" ? place : loop.yaml.places.contentOf(loop.pointer + pointer)),
    variable: named("loop_var") ?? "item",
    indexVariable: named("index_var"),
    label: label === undefined ? undefined : sourceAt(label),
    pause: control === undefined ? undefined : amountAt(control, "pause"),
    isExtended: (control === undefined ? undefined : flagAt(control, "extended")) ?? false,
  };
}

/** The names that a loop gives to what runs in it. */
export function namesOfLoop(loop: Loop | undefined): string[] {
  if (loop === undefined) return [];
  const { variable, indexVariable, isExtended } = loop;
  return [
    variable,
    ...(indexVariable === undefined ? [] : [indexVariable]),
    ...(isExtended ? ["loop_info"] : []),
  ];
}
