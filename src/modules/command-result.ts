import type { CommandResult } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";

/** What `register` keeps of a command: `rc`, `stdout`, `stderr` and their lines, without the line ends at their ends. */
export function registeredCommand(result: CommandResult): JsonObject {
  const stdout = withoutLastLineEnds(result.stdout);
  const stderr = withoutLastLineEnds(result.stderr);
  return {
    rc: result.exitCode,
    stdout,
    stdout_lines: splitOutput(stdout),
    stderr,
    stderr_lines: splitOutput(stderr),
  };
}

/** The lines of a text; an empty text has none. */
function splitOutput(text: string): string[] {
  return text === "" ? [] : text.split(/\r?\n/);
}

function withoutLastLineEnds(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/[\r\n]+$/, "");
}
