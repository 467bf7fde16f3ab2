import type { Place } from "../../contract/errors.ts";

/** Where an offset of a text stands. */
export function placeOfOffset(file: string, text: string, offset: number): Place {
  const lines = text.slice(0, offset).split("\n");
  return { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
