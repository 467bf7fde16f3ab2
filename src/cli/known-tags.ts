import { Failure } from "../contract/errors.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { Playbook, TaskNode } from "../language/model.ts";

/** Tags that Ansible gives a meaning of their own. */
const special = ["always", "never"];

/** Refuses `--tags` that no task of the playbook has: a run of nothing would look like a success. */
export function requireKnownTags(playbook: Playbook, wanted: readonly string[]): void {
  const known = new Set([
    ...special,
    ...playbook.stages.flatMap(({ plays, rollback }) =>
      [...plays, ...rollback].flatMap(({ tags, tasks, handlers }) => [
        ...tags,
        ...tagsOf(tasks),
        ...tagsOf(handlers),
      ]),
    ),
  ]);
  for (const tag of wanted) {
    if (known.has(tag)) continue;
    const guess = didYouMean(tag, known);
    throw new Failure("bad-input", `no task has the tag "${tag}"${guess === undefined ? "" : `, ${guess}`}`, {
      next: `The tags of this playbook: ${[...known].filter((name) => !special.includes(name)).join(", ") || "none"}.`,
    });
  }
}

function tagsOf(nodes: readonly TaskNode[]): string[] {
  return nodes.flatMap((node) =>
    node.kind === "task"
      ? [...node.tags]
      : [...node.tags, ...tagsOf(node.block), ...tagsOf(node.rescue), ...tagsOf(node.always)],
  );
}
