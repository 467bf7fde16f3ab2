import type { RunEvent } from "../contract/events.ts";
import type { HostVariables } from "./host-variables.ts";
import type { Hosts } from "./hosts.ts";
import type { HeldLatches } from "./latches.ts";
import type { MigrationRecord } from "./record.ts";
import type { RunRequest } from "./request.ts";
import type { RunFiles } from "./run-files.ts";

/** What every part of one run shares. Made once by `runStage`, passed down, never global. */
export interface RunScope {
  readonly request: RunRequest;
  readonly runId: string;
  readonly record: MigrationRecord;
  readonly runFiles: RunFiles;
  readonly hosts: Hosts;
  readonly variables: HostVariables;
  emit(event: RunEvent): void;
  /** The latches; asked for late, since they need connections. */
  latches(): HeldLatches;
  now(): Date;
  /** Check mode: remembers that a registered name holds less than a real run would have put there. */
  foresee(host: string, name: string): void;
  /** The names that `foresee` was told of. */
  foreseen(host: string): readonly string[];
}
