/** The tags that a run was asked for. */
export interface TagChoice {
  readonly tags: readonly string[];
  readonly skipTags?: readonly string[] | undefined;
}

/** Words of `--tags` and `--skip-tags` that stand for kinds of tasks. A task may carry the first two itself. */
export const tagWords: readonly string[] = ["always", "never", "tagged", "untagged", "all"];

/**
 * Whether a task with these tags runs, decided as Ansible does: `always` runs unless it is skipped, `never` only when
 * one of the task's other tags (or `never` itself) is asked for; `tagged`, `untagged` and `all` stand for kinds of tasks.
 */
export function isChosen(own: readonly string[], { tags, skipTags = [] }: TagChoice): boolean {
  const words = own.length === 0 ? ["untagged"] : own;
  return isWanted(words, tags.length === 0 ? ["all"] : tags) && !isSkipped(words, skipTags);
}

function isWanted(own: readonly string[], tags: readonly string[]): boolean {
  if (own.includes("always") || own.some((tag) => tags.includes(tag))) return true;
  if (own.includes("never")) return false;
  return tags.includes("all") || (tags.includes("tagged") && isTagged(own));
}

function isSkipped(own: readonly string[], skipTags: readonly string[]): boolean {
  if (skipTags.includes("all")) return !own.includes("always") || skipTags.includes("always");
  return own.some((tag) => skipTags.includes(tag)) || (skipTags.includes("tagged") && isTagged(own));
}

function isTagged(own: readonly string[]): boolean {
  return !own.includes("untagged");
}
