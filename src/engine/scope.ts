import type { RunEvent } from "../contract/events.ts";
import type { HeldLinks } from "./data-links.ts";
import type { HeldInventory } from "./held-inventory.ts";
import type { HostVariables } from "./host-variables.ts";
import type { Hosts } from "./hosts.ts";
import type { HeldLatches } from "./latches.ts";
import type { MigrationRecord } from "./record.ts";
import type { RunRequest } from "./request.ts";
import type { RunFiles } from "./run-files.ts";
import type { StageProgress } from "./stage-progress.ts";
import type { TaskChoice } from "./task-choice.ts";
import type { TaskClock } from "./task-times.ts";
import type { OtherWave } from "./waves.ts";

/** What every part of one run shares. Made once by `runStage`, passed down, never global. */
export interface RunScope {
  readonly request: RunRequest;
  readonly choice: TaskChoice;
  readonly runId: string;
  readonly record: MigrationRecord;
  readonly progress: StageProgress;
  readonly clock: TaskClock;
  /** The stage stops and starts servers: it asks before it begins, or has a way back. */
  readonly stopsServers: boolean;
  readonly runFiles: RunFiles;
  /** The inventory as the run has it by now; `request.inventory` is how it began. */
  readonly inventory: HeldInventory;
  readonly hosts: Hosts;
  readonly variables: HostVariables;
  emit(event: RunEvent): void;
  /** The latches; asked for late, since they need connections. */
  latches(): HeldLatches;
  /** Waves of other domains than this run's, as the hosts knew them when they were locked; none before that. */
  otherWaves(): readonly OtherWave[];
  meetWaves(waves: readonly OtherWave[]): void;
  /** The data links that the run opened. */
  links(): HeldLinks;
  now(): Date;
  /** Check mode: remembers that a registered name holds less than a real run would have put there. */
  foresee(host: string, name: string): void;
  /** The names that `foresee` was told of. */
  foreseen(host: string): readonly string[];
}
