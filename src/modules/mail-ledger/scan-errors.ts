import { readable } from "../../mail/byte-text.ts";
import { statusLine } from "./scan-script.ts";

/**
 * What went wrong in a scan: every line of its standard error that is no status, and every sign that the list is
 * not whole. While hot, what went away between two looks is no error. `filters` are the programs that find's output goes
 * through: one that was killed says nothing, and what it did not pass on is missing.
 */
export function scanErrors(
  stderr: string,
  {
    exitCode,
    ended,
    phase,
    filters = ["sort"],
  }: {
    readonly exitCode: number;
    readonly ended: boolean;
    readonly phase: "hot" | "cold";
    readonly filters?: readonly string[];
  },
): string[] {
  const statuses = new Map<string, number>();
  const errors: string[] = [];
  let vanished = 0;
  for (const line of stderr.split("\n")) {
    const [, program, status] = statusLine.exec(line) ?? [];
    if (program !== undefined) statuses.set(program, Number(status));
    else if (phase === "hot" && isOfVanished(line)) vanished += 1;
    else if (line.trim() !== "") errors.push(readable(line));
  }
  // What went away makes find end with 1, without an error of its own.
  const allowed = vanished > 0 ? 1 : 0;
  if ((statuses.get("find") ?? 2) > allowed) errors.push("find did not list all directories");
  for (const filter of filters) {
    if (statuses.get(filter) !== 0) errors.push(`${filter} did not end well`);
  }
  if (!ended) errors.push("the list is not whole");
  if (exitCode !== 0) errors.push(`the listing ended with exit code ${exitCode}`);
  return errors;
}

/** What went wrong where single messages were hashed: every line, but of what went away while hot. */
export function hashErrors(stderr: string, phase: "hot" | "cold"): string[] {
  return stderr
    .split("\n")
    .filter((line) => line.trim() !== "" && !(phase === "hot" && isOfVanished(line)))
    .map(readable);
}

function isOfVanished(line: string): boolean {
  return /: No such file or directory$/.test(line);
}
