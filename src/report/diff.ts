import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { TextDiff } from "../contract/change.ts";
import type { Line } from "./line.ts";

const contextLines = 3;
/** A diff longer than this is cut: nobody reads it on a screen, and its computation would hold up the run. */
const longestText = 1024 * 1024;

/** A change of a text file as a unified diff. */
export function diffLines(diff: TextDiff): Line[] {
  const { path, before, after } = diff;
  if ((before?.length ?? 0) + (after?.length ?? 0) > longestText) {
    return [{ tone: "faint", text: `${path}: too long for a diff` }];
  }
  const patch = createTwoFilesPatch(
    before === undefined ? "/dev/null" : path,
    after === undefined ? "/dev/null" : path,
    before ?? "",
    after ?? "",
    before === undefined ? "not there" : "before",
    after === undefined ? "removed" : "after",
    { context: contextLines, headerOptions: FILE_HEADERS_ONLY },
  );
  return patch
    .trimEnd()
    .split("\n")
    .map((text) => ({ tone: toneOf(text), text }));
}

function toneOf(text: string): Line["tone"] {
  if (text.startsWith("---") || text.startsWith("+++")) return "strong";
  if (text.startsWith("+")) return "added";
  if (text.startsWith("-")) return "removed";
  return text.startsWith("@@") ? "faint" : "plain";
}
