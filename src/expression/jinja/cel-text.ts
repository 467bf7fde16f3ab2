import type { Jinja } from "./read-jinja.ts";

/** Thrown inside for what has no spelling here. */
export class NoSpelling extends Error {}

/** An expression as it is written in CEL. */
export interface Written {
  readonly text: string;
  /** How tightly it holds together: see `strength`. */
  readonly strength: number;
}

/** How tightly an expression holds together: what holds less tightly than its surrounding wants needs parentheses. */
export const strength = {
  choice: 0,
  or: 1,
  and: 2,
  comparison: 3,
  sum: 4,
  product: 5,
  unary: 6,
  whole: 7,
} as const;

/** Writes a part, in parentheses where it holds together less tightly than `least`. */
export type Inner = (part: Jinja, least?: number) => string;

/** A text in these quotes. */
export function quoted(text: string, quote: string): string {
  return quote + text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`) + quote;
}
