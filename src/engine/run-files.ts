import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The files that runs leave on the controller: ledgers, proofs, checksums, reports. */
export interface RunFiles {
  /** Where this run's file of that name belongs; its directory is made with mode 0700. */
  place(name: string): string;
  /** The newest file of that name over all runs, this one first; undefined when there is none. */
  newest(name: string): string | undefined;
  /** Takes away this run's file of that name. */
  remove(name: string): void;
  /** Takes away the files of that name that other runs left. */
  removeOlder(name: string): void;
  close(): void;
}

/** Keeps a run's files in `runs/<id>/` of the state directory. */
export function keepRunFiles(stateDirectory: string, runId: string): RunFiles {
  const own = join(stateDirectory, "runs", runId);
  return {
    place(name) {
      mkdirSync(own, { recursive: true, mode: 0o700 });
      return join(own, name);
    },
    newest: (name) => newestRunFile(stateDirectory, name),
    remove: (name) => rmSync(join(own, name), { force: true }),
    removeOlder(name) {
      for (const file of allIn(stateDirectory, name)) if (file !== join(own, name)) rmSync(file);
    },
    close: () => undefined,
  };
}

/** Check mode's files go with the run: a ledger made by looking must never pass for one made by working. */
export function forgetRunFiles(stateDirectory: string): RunFiles {
  let own: string | undefined;
  return {
    place(name) {
      own ??= mkdtempSync(join(tmpdir(), "mailferry-check-"));
      return join(own, name);
    },
    newest(name) {
      const here = own === undefined ? undefined : join(own, name);
      return here !== undefined && existsSync(here) ? here : newestRunFile(stateDirectory, name);
    },
    remove: () => undefined,
    removeOlder: () => undefined,
    close() {
      if (own !== undefined) rmSync(own, { recursive: true, force: true });
    },
  };
}

/** The newest file of that name over all runs; undefined when there is none. */
export function newestRunFile(stateDirectory: string, name: string): string | undefined {
  return allIn(stateDirectory, name)[0];
}

function allIn(stateDirectory: string, name: string): string[] {
  const runs = join(stateDirectory, "runs");
  if (!existsSync(runs)) return [];
  // Run ids begin with the time: their order is the order of the runs.
  const newestFirst = readdirSync(runs).sort().reverse();
  return newestFirst.map((run) => join(runs, run, name)).filter((path) => existsSync(path));
}
