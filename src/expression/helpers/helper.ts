import type { ControlReader } from "../../contract/control-reader.ts";
import type { Json } from "../../contract/json.ts";

/** One helper of the template language: takes the values of its arguments, gives the value of the expression. */
export interface Helper {
  /** How it is written, for the reference and for errors: `join LIST ["SEPARATOR"]`; what stands in brackets may be left out. */
  readonly usage: string;
  readonly description: string;
  /** A template and what it gives, for the reference; a test renders it. */
  readonly example: readonly [template: string, result: Json];
  /** undefined says that there is no value, for `default` to take the place of. */
  readonly run: (args: readonly Json[], control: ControlReader) => Json | undefined;
  /** The type of the same function in CEL; none where it would be no use there. */
  readonly cel?: CelType | undefined;
  /** True when an argument may be an undefined name (only `default` lives on that). */
  readonly takesUndefined?: boolean | undefined;
}

/** What CEL's checker is told that a function gives. */
export type CelType = "string" | "bool" | "int" | "list" | "map" | "dyn";

/** Helpers by their names. */
export type Helpers = Readonly<Record<string, Helper>>;

/** Says what is wrong with an argument; the template adds where. */
export class HelperError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** How many values a helper takes, as its usage says: words in brackets may be left out, `…` stands for any number more. */
export function countOfArguments({ usage }: Helper): { readonly least: number; readonly most: number } {
  const words = usage.split(" ").slice(1);
  const optional = words.filter((word) => word.startsWith("[")).length;
  const open = words.includes("…");
  const named = words.length - (open ? 1 : 0);
  return { least: named - optional, most: open ? Number.POSITIVE_INFINITY : named };
}
