import type { Place } from "../../contract/errors.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import type { Amount, Flag, Source } from "./source.ts";

/**
 * Words that go down from a play to its roles, from there to blocks, and to the tasks inside. Of each the one nearest
 * to the task counts; tags and environment add up (src/language/inherit-words.ts).
 */
export interface InheritedWords extends WordsWithTemplates {
  readonly vars: JsonObject;
  readonly tags: readonly string[];
  /** Variables for the commands of modules, outermost first; each a map, or a template that gives one. */
  readonly environment: readonly Environment[];
  /** How long one try may take. */
  readonly timeout?: Amount | undefined;
}

/** Those of them that are one value, or a template for it: each host has its own (src/engine/settle-words.ts). */
export interface WordsWithTemplates {
  readonly become?: Flag | undefined;
  readonly becomeUser?: string | Source | undefined;
  readonly noLog?: Flag | undefined;
  readonly ignoreErrors?: Flag | undefined;
  readonly ignoreUnreachable?: Flag | undefined;
  readonly anyErrorsFatal?: Flag | undefined;
  readonly runOnce?: Flag | undefined;
  /** On how many hosts at once the task may run. */
  readonly throttle?: Amount | undefined;
  /** false runs the task for real even in check mode; true never applies it. */
  readonly checkMode?: Flag | undefined;
  /** Whether the changes of text files are shown; undefined leaves it to the command line. */
  readonly diff?: Flag | undefined;
}

/** One `environment:` as it is written, with the place of each value. */
export interface Environment {
  readonly value: Json;
  placeOf(pointer: string): Place;
}
