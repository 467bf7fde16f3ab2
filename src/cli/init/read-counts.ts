import type { Contents } from "./host-survey.ts";
import { wordsOf } from "./survey-answers.ts";

/** What the walk through a mail root came to. */
export interface Counts extends Contents {
  /** Folders named `.Folder`, and folders in directories within a Maildir: one of the layouts gives itself away. */
  readonly dotted: number;
  readonly nested: number;
  /** The user who owns most of what lies in the root. */
  readonly owner: string | undefined;
}

/** Reads what the counting script printed. */
export function readCounts(text: string): Counts {
  const values = new Map(wordsOf(text.split("\n")).map(([name = "", value = ""]) => [name, value] as const));
  const number = (name: string) => Number(values.get(name) ?? 0);
  const owner = values.get("owner")?.split(":")[0];
  return {
    folders: number("folders"),
    messages: number("messages"),
    bytes: number("bytes"),
    // 124 is how `timeout` says that the time was over.
    isWhole: values.get("ended") !== "124",
    freeBytes: number("free"),
    dotted: number("dotted"),
    nested: number("nested"),
    owner: owner === "" ? undefined : owner,
  };
}
