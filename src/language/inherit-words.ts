import type { JsonObject } from "../contract/json.ts";
import { mergeVariables } from "../expression/placed-values.ts";
import type { Play } from "./model/playbook.ts";
import type { Source } from "./model/source.ts";
import type { Block, TaskNode, TaskWords } from "./model/task.ts";
import type { InheritedWords, WordsWithTemplates } from "./model/words.ts";

/** Words that are one value, or a template for it. */
const valueWords = [
  "become",
  "becomeUser",
  "noLog",
  "ignoreErrors",
  "ignoreUnreachable",
  "anyErrorsFatal",
  "runOnce",
  "throttle",
  "checkMode",
  "diff",
] as const satisfies readonly (keyof WordsWithTemplates)[];

/** Words of which the one nearest to the task counts. */
const nearestCounts = [...valueWords, "timeout"] as const satisfies readonly (keyof InheritedWords)[];

/** Those of the words that are templates. */
export function templatesIn(words: WordsWithTemplates): readonly Source[] {
  return valueWords.map((word) => words[word]).filter((written) => typeof written === "object");
}

/** What stands in a block (or a role, or an include), with the block's words gone down to it. */
export function inBlock<Node extends TaskNode>(block: Block, node: Node): Node {
  const words: Partial<TaskWords> = {
    ...inherit(block, node),
    vars: mergeVariables(block.vars, node.vars),
    when: [...block.when, ...node.when],
    delegateTo: node.delegateTo ?? block.delegateTo,
    delegateFacts: node.delegateFacts ?? block.delegateFacts,
    includeVars: [...(block.includeVars ?? []), ...varsOfGate(block), ...(node.includeVars ?? [])],
    loopItems: { ...block.loopItems, ...node.loopItems },
    role: node.role ?? block.role,
  };
  return { ...node, ...words };
}

function varsOfGate({ gate }: Block): JsonObject[] {
  return gate === undefined ? [] : [gate.vars];
}

/** What stands in a play, with the play's words gone down to it. (The play's variables are a level of their own.) */
export function inPlay<Node extends TaskNode>(play: Play, node: Node): Node {
  return { ...node, ...inherit(play, node) };
}

function inherit(outer: InheritedWords, inner: InheritedWords): Omit<InheritedWords, "vars"> {
  const nearest = Object.fromEntries(nearestCounts.map((word) => [word, inner[word] ?? outer[word]]));
  return {
    ...nearest,
    tags: [...new Set([...outer.tags, ...inner.tags])],
    environment: [...outer.environment, ...inner.environment],
  };
}
