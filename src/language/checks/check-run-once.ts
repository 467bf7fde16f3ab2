import type { Place, Problem } from "../../contract/errors.ts";
import type { TaskNode } from "../model/task.ts";
import { childAt, keyPlaceOf, type Spot } from "../yaml/spot.ts";
import { partsOf } from "./known-names.ts";

/** Where each host goes through the play at its own pace there is no first one: `run_once` says nothing, as in Ansible. */
export function warnOfRunOnce(play: Spot, nodes: readonly TaskNode[]): Problem[] {
  const own = childAt(play, "run_once");
  const places = [...(own?.value === true ? [keyPlaceOf(own)] : []), ...nodes.flatMap(placesIn)];
  return places.map((place) => ({
    message: "with `strategy: free` every host runs it, in spite of `run_once`",
    place,
    hint: "put it into a play of its own",
    severity: "warning",
  }));
}

function placesIn(node: TaskNode): Place[] {
  const inside = node.kind === "block" ? partsOf(node).flatMap(placesIn) : [];
  return node.runOnce ? [node.place, ...inside] : inside;
}
