import type { JsonObject } from "./json.ts";

/** A text file before and after, for diff mode. `undefined` stands for no file. */
export interface TextDiff {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What a module found to do: the output of its check, the input of its apply. Modules extend it with what apply needs. */
export interface Change {
  /** One line in the present tense: "line present in /etc/hosts". */
  readonly summary: string;
  readonly diff?: readonly TextDiff[] | undefined;
}

/** What apply did. */
export interface Applied {
  /** For `register`. */
  readonly result?: JsonObject | undefined;
  /** The change turned out to be none (only for modules whose preview is unknown). */
  readonly unchanged?: boolean | undefined;
}

/** What a looking module saw. */
export interface Look {
  /** For `register`. */
  readonly result?: JsonObject | undefined;
  /** Variables set on the host for the rest of the run (set_fact). */
  readonly variables?: JsonObject | undefined;
  /** One line or a table, shown under the task. */
  readonly message?: string | undefined;
}
