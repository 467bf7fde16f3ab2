import { readFileSync } from "node:fs";

/** The text of a file that an error points into; undefined when it can't be had. */
export function sourceOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
