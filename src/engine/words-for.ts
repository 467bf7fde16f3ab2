import type { TaskWords } from "../language/model/task.ts";
import { layersOf } from "./host-variables.ts";
import { levelsFor, type PlayRun } from "./play-run.ts";
import { type Settled, settleKnownWords } from "./settle-words.ts";

/** The words of a node as one host has them. What only the item of a loop could tell is taken for hidden, or not said. */
export function wordsFor<Node extends TaskWords>(run: PlayRun, node: Node, host: string): Settled<Node> {
  const loops = "loop" in node && node.loop !== undefined;
  const variables = () => run.scope.variables.forTask(host, layersOf(node, levelsFor(run, host)));
  return settleKnownWords(node, variables, loops);
}
