import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { quoteArgv } from "../contract/shell-words.ts";
import { readState } from "../engine/record.ts";
import type { MigrationState } from "../engine/state.ts";
import type { Line } from "../report/line.ts";
import { type Migration, wavesDirectory } from "./migration.ts";
import type { MigrationOptions } from "./options.ts";
import { formatTime } from "./state-lines.ts";

/** `status` of a playbook that moves one domain at a time: each wave that was begun here, its domains and how far it came. */
export function waveLines(
  migration: Migration,
  given: { readonly playbookGiven: string; readonly options: MigrationOptions },
): Line[] {
  const waves = readWaves(migration.stateDirectory);
  const now = new Date();
  return [
    { tone: "strong", text: `Migration ${migration.name}, one domain at a time` },
    ...(waves.length === 0 ? [{ tone: "plain", text: "  no wave was begun yet" } as const] : []),
    ...waves.map(
      (state): Line => ({
        tone: "plain",
        text: `  ${(state.domains ?? []).join(", ")}: ${standing(state, now)}`,
        hangingIndent: 4,
      }),
    ),
    { tone: "plain", text: "" },
    { tone: "faint", text: `one wave: ${commandOf(given)}`, hangingIndent: 10 },
  ];
}

function readWaves(stateDirectory: string): MigrationState[] {
  const directory = wavesDirectory(stateDirectory);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .toSorted()
    .map((name) => readState(join(directory, name)))
    .filter(({ domains }) => domains !== undefined);
}

function standing({ stages, latches, unfinishedStage }: MigrationState, now: Date): string {
  const { "old-frozen": frozen, "new-opened": opened, "new-serving": serving } = latches;
  const done = Object.entries(stages).flatMap(([name, { doneAt }]) => (doneAt === undefined ? [] : [name]));
  const words = [
    ...(serving !== undefined ? [`on new since ${formatTime(serving, now)}`] : []),
    ...(serving === undefined && opened !== undefined
      ? [`opened ${formatTime(opened, now)}, not serving yet`]
      : []),
    ...(opened === undefined && frozen !== undefined ? [`FROZEN since ${formatTime(frozen, now)}`] : []),
    ...(frozen === undefined ? ["on old"] : []),
    done.length === 0 ? "no stage done" : `done: ${done.join(", ")}`,
    ...(unfinishedStage === undefined ? [] : [`cut short: ${unfinishedStage}`]),
    ...Object.entries(stages).flatMap(([name, { failedAt }]) =>
      failedAt === undefined ? [] : [`FAILED: ${name}`],
    ),
  ];
  return words.join("; ");
}

function commandOf({ playbookGiven, options }: Parameters<typeof waveLines>[1]): string {
  return `${quoteArgv([
    ...["mailferry", "status", playbookGiven],
    ...options.inventory.flatMap((file) => ["-i", file]),
    ...(options.stateDir === undefined ? [] : ["--state-dir", options.stateDir]),
  ])} --domains …`;
}
