import { Failure } from "../contract/errors.ts";
import { tagWords } from "../engine/choose-tags.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { Play, Playbook } from "../language/model/playbook.ts";
import type { TaskNode } from "../language/model/task.ts";

/** The tags that were asked for, by the option that asks. */
export interface AskedTags {
  readonly tags?: readonly string[] | undefined;
  readonly skipTags?: readonly string[] | undefined;
}

/**
 * Refuses tags that no task of the playbook has: a run of nothing would look like a success, and a slip in
 * `--skip-tags` would run what was meant to be left out.
 */
export function requireKnownTags(playbook: Playbook, { tags = [], skipTags = [] }: AskedTags): void {
  const own = tagsOfPlaybook(playbook);
  for (const tag of [...tags, ...skipTags]) {
    if (own.includes(tag) || tagWords.includes(tag)) continue;
    const guess = didYouMean(tag, [...own, ...tagWords]);
    throw new Failure("bad-input", `no task has the tag "${tag}"${guess === undefined ? "" : `, ${guess}`}`, {
      next: `The tags of this playbook: ${own.filter((name) => !tagWords.includes(name)).join(", ") || "none"}.`,
    });
  }
}

/** Every tag that stands in a playbook, once. */
function tagsOfPlaybook({ stages }: Playbook): readonly string[] {
  return [...new Set(stages.flatMap(({ plays, rollback }) => [...plays, ...rollback].flatMap(tagsOfPlay)))];
}

/** Every tag that stands in a play. */
export function tagsOfPlay({ tags, tasks, handlers }: Play): readonly string[] {
  return [...tags, ...tagsOf(tasks), ...tagsOf(handlers)];
}

function tagsOf(nodes: readonly TaskNode[]): string[] {
  return nodes.flatMap((node) =>
    node.kind !== "block"
      ? [...node.tags]
      : [...node.tags, ...tagsOf(node.block), ...tagsOf(node.rescue), ...tagsOf(node.always)],
  );
}
