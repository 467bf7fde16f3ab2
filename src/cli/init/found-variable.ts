import type { Json } from "../../contract/json.ts";

/** A variable for the inventory: what was found, and a sentence for the person who reads it. */
export interface FoundVariable {
  readonly name: string;
  readonly value: Json;
  readonly says: string;
  /** Nothing was found: what it could be stands there commented out. */
  readonly isSuggestion?: boolean;
}

/** Variables that belong together, under a heading. */
export interface VariableGroup {
  readonly heading: string;
  readonly variables: readonly FoundVariable[];
}

/** The addresses of names, as the DNS has them by now; aliases stand for their targets. */
export type NameAddresses = ReadonlyMap<string, readonly string[]>;

/** One variable where its value was found. */
export function known(name: string, value: Json | undefined, says: string): FoundVariable[] {
  return value === undefined ? [] : [{ name, value, says }];
}
