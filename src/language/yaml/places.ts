import type { LineCounter } from "yaml";
import type { Place } from "../../contract/errors.ts";

/** Where each value of a YAML file stands, by its JSON pointer. A pointer that is not there gives its nearest parent. */
export interface Places {
  /** Where the value begins. */
  placeOf(pointer: string): Place;
  /** Where the text of the value begins: behind an opening quote, on the first line of a block. */
  contentOf(pointer: string): Place;
  /** Where the key of the value begins. */
  keyOf(pointer: string): Place;
  /** A scalar as it is written in the file, for instance `0644`. */
  writtenAt(pointer: string): string | undefined;
}

/** What is noted of one value while the file is read. */
export interface Noted {
  readonly start: number;
  readonly key?: number | undefined;
  readonly content?: Place | undefined;
  readonly written?: string | undefined;
}

/** Makes the places from what was noted. */
export function placesFrom(file: string, lines: LineCounter, noted: ReadonlyMap<string, Noted>): Places {
  function find(pointer: string): Noted {
    for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
      const found = noted.get(at);
      if (found !== undefined) return found;
    }
    return noted.get("") ?? { start: 0 };
  }
  const placeAt = (offset: number) => placeAtOffset(file, lines, offset);
  return {
    placeOf: (pointer) => placeAt(find(pointer).start),
    contentOf(pointer) {
      const found = find(pointer);
      return found.content ?? placeAt(found.start);
    },
    keyOf(pointer) {
      const found = find(pointer);
      return placeAt(found.key ?? found.start);
    },
    writtenAt: (pointer) => noted.get(pointer)?.written,
  };
}

/** The line and column of an offset. */
export function placeAtOffset(file: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}
