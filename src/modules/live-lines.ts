import { StringDecoder } from "node:string_decoder";

/** A line that is longer is shown in parts. */
const longestLine = 64 * 1024;

/** Cuts output that comes in pieces into whole lines. */
export interface LiveLines {
  feed(chunk: Buffer): void;
  /** What is left when the output has ended. */
  end(): void;
}

/** Hands on the lines of a command's output as they are finished. */
export function liveLines(show: (lines: readonly string[]) => void): LiveLines {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return {
    feed(chunk) {
      const lines = (rest + decoder.write(chunk)).split(/\r?\n|\r/);
      rest = lines.pop() ?? "";
      if (rest.length > longestLine) {
        lines.push(rest);
        rest = "";
      }
      if (lines.length > 0) show(lines);
    },
    end() {
      if (rest !== "") show([rest]);
      rest = "";
    },
  };
}
