import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";

/** What the newest run that left a file of that name wrote there. Throws where none did. */
export async function readRunFile({ stateDirectory }: Rehearsal, name: string): Promise<string> {
  const runs = join(stateDirectory, "runs");
  const places = (await readdir(runs)).sort().map((run) => join(runs, run, name));
  const path = places.findLast((place) => existsSync(place));
  if (path === undefined) throw new Error(`no run left a file ${name}`);
  return readFile(path, "utf8");
}

/** The lines of such a file of JSON lines. */
export async function readRunLines(rehearsal: Rehearsal, name: string): Promise<RunLine[]> {
  const lines = (await readRunFile(rehearsal, name)).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** One line of a run's file. */
export type RunLine = Readonly<Record<string, unknown>>;
