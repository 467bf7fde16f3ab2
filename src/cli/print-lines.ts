import { type Line, paintLines } from "../report/line.ts";
import type { CommandContext } from "./context.ts";
import { wantsColor } from "./surroundings.ts";

/** Prints lines on one of the two streams: cleaned, and in its width and colours. */
export function printLines(lines: readonly Line[], context: CommandContext, to: "stdout" | "stderr"): void {
  const { surroundings, redactor, out, err } = context;
  const stream = surroundings[to];
  const cleaned = lines.map((line) => ({ ...line, text: redactor.clean(line.text) }));
  const text = paintLines(cleaned, {
    color: wantsColor(stream, surroundings.environment),
    width: stream.isTTY ? stream.columns : undefined,
  });
  (to === "stdout" ? out : err)(text);
}
