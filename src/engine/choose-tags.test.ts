import { describe, expect, it } from "vitest";
import { isChosen } from "./choose-tags.ts";

// What ansible-core 2.14 answers for the same words (lib/ansible/playbook/taggable.py).
const tasks = {
  plain: [],
  web: ["web"],
  always: ["always"],
  never: ["never", "debug"],
} as const;

function chosen(tags: readonly string[], skipTags: readonly string[] = []): string[] {
  return Object.entries(tasks)
    .filter(([, own]) => isChosen(own, { tags, skipTags }))
    .map(([name]) => name);
}

describe("the choice of tasks by tags", () => {
  it.each([
    [[], ["plain", "web", "always"]],
    [["all"], ["plain", "web", "always"]],
    [["web"], ["web", "always"]],
    [["debug"], ["always", "never"]],
    [["never"], ["always", "never"]],
    [["tagged"], ["web", "always"]],
    [["untagged"], ["plain", "always"]],
  ] as const)("--tags %j runs %j", (tags, names) => {
    expect(chosen(tags)).toEqual(names);
  });

  it.each([
    [["web"], ["plain", "always"]],
    [["always"], ["plain", "web"]],
    [["tagged"], ["plain"]],
    [["untagged"], ["web", "always"]],
    [["all"], ["always"]],
    [["all", "always"], []],
  ] as const)("--skip-tags %j leaves %j", (skipTags, names) => {
    expect(chosen([], skipTags)).toEqual(names);
  });

  it("lets what is skipped win over what is wanted", () => {
    expect(chosen(["web", "debug"], ["debug"])).toEqual(["web", "always"]);
  });
});
