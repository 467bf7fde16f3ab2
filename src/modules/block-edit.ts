import { placeFor, takeLines, type WantedPlace } from "./line-edit.ts";

/** What shall stand between two marks, and where it goes when the marks are not there yet. */
export interface WantedBlock extends WantedPlace {
  /** The lines; an empty text takes the block out, with its marks. */
  readonly block: string;
  readonly begin: string;
  readonly end: string;
}

/** The text with the block in it; the same text when it is there already. All outside of the marks stays. */
export function withBlock(text: string, wanted: WantedBlock): string {
  const { lines, lineEnd, endsOpen } = takeLines(text);
  const first = lines.lastIndexOf(wanted.begin);
  const last = lines.lastIndexOf(wanted.end);
  const isThere = first !== -1 && last !== -1;
  const from = Math.min(first, last);
  const removed = isThere ? lines.splice(from, Math.abs(last - first) + 1) : [];
  const added = wanted.block === "" ? [] : [wanted.begin, ...takeLines(wanted.block).lines, wanted.end];
  const isSame = removed.length === added.length && removed.every((line, index) => line === added[index]);
  // Only with the marks in their order it is the block that was wanted.
  if (isSame && first <= last) return text;
  lines.splice(isThere ? from : placeFor(lines, wanted), 0, ...added);
  const joined = lines.map((line) => line + lineEnd).join("");
  return added.length === 0 && endsOpen && lines.length > 0 ? joined.slice(0, -lineEnd.length) : joined;
}
