import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { quoteArgv } from "../contract/shell-words.ts";
import { readState } from "../engine/record.ts";
import type { MigrationState } from "../engine/state.ts";
import type { Line } from "../report/line.ts";
import { type Migration, wavesDirectory } from "./migration.ts";
import { domainsLeft, nextShare } from "./next-wave.ts";
import type { MigrationOptions } from "./options.ts";
import { formatTime } from "./state-lines.ts";

/** What the operator gave, and what the inventory and the playbook say. */
interface GivenWaves {
  readonly playbookGiven: string;
  readonly options: MigrationOptions;
  /** The playbook's first stage. */
  readonly firstStage: string;
  /** All mail domains, where the inventory lists them. */
  readonly listed: readonly string[] | undefined;
  /** How many percent of them the next wave shall have. */
  readonly share: number | undefined;
}

/** `status` of a playbook that moves one domain at a time: each wave that was begun here, its domains and how far it came. */
export function waveLines(migration: Migration, given: GivenWaves): Line[] {
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
    ...leftLines(waves, given),
    { tone: "plain", text: "" },
    { tone: "faint", text: `one wave: ${commandOf("status", given)} --domains …`, hangingIndent: 10 },
  ];
}

/** The domains that no wave has yet, and the command that begins with a share of them. */
function leftLines(waves: readonly MigrationState[], given: GivenWaves): Line[] {
  const { listed, share, firstStage } = given;
  if (listed === undefined) return [];
  const left = domainsLeft(
    listed,
    waves.flatMap(({ domains }) => domains ?? []),
  );
  const next = share === undefined ? [] : nextShare(listed, left, share);
  const begin = `${commandOf("run", given)} --domains ${next.join(",")} --stage ${firstStage}`;
  return [
    {
      tone: "plain",
      text: `  ${left.length} of no wave yet${left.length > 0 ? `: ${firstOf(left)}` : ""}`,
      hangingIndent: 4,
    },
    ...(next.length === 0
      ? []
      : [{ tone: "plain", text: `  next wave: ${begin}`, hangingIndent: 4 } as const]),
  ];
}

function firstOf(names: readonly string[]): string {
  const more = names.length > mostNamed ? [`and ${names.length - mostNamed} more`] : [];
  return [...names.slice(0, mostNamed), ...more].join(", ");
}

const mostNamed = 10;

function readWaves(stateDirectory: string): MigrationState[] {
  const directory = wavesDirectory(stateDirectory);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .toSorted()
    .map((name) => readState(join(directory, name)))
    .filter(({ domains }) => domains !== undefined);
}

function standing({ stages, latches, unfinishedStage }: MigrationState, now: Date): string {
  const { "old-frozen": frozen, "new-opened": opened, "new-serving": serving, "new-frozen": back } = latches;
  const done = Object.entries(stages).flatMap(([name, { doneAt }]) => (doneAt === undefined ? [] : [name]));
  const words = [
    ...(back !== undefined ? [`GOING BACK to old since ${formatTime(back, now)}`] : []),
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

function commandOf(word: string, { playbookGiven, options }: GivenWaves): string {
  return quoteArgv([
    ...["mailferry", word, playbookGiven],
    ...options.inventory.flatMap((file) => ["-i", file]),
    ...(options.stateDir === undefined ? [] : ["--state-dir", options.stateDir]),
  ]);
}
