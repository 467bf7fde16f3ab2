import { readFileSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { Failure } from "../contract/errors.ts";
import type { MigrationState } from "../engine/state.ts";
import type { MigrationOptions } from "./options.ts";

/** One inventory with one playbook: its name, and where its state lives. */
export interface Migration {
  readonly name: string;
  readonly stateDirectory: string;
}

/** Names the migration after its files, fit for a file name. */
export function describeMigration(
  playbookFile: string,
  inventoryFiles: readonly string[],
  options: Pick<MigrationOptions, "stateDir">,
  cwd: string,
): Migration {
  const name = `${inventoryFiles.map(stem).join("+")}--${stem(playbookFile)}`;
  return { name, stateDirectory: resolve(cwd, options.stateDir ?? join(".mailferry", name)) };
}

/** Stops when the state directory belongs to another migration, or was written by a newer Mailferry. */
export function requireSameMigration(
  state: MigrationState,
  files: { readonly playbook: string; readonly inventory: string },
  { stateDirectory }: Migration,
): void {
  const version = writtenVersion(stateDirectory);
  if (version > state.version) {
    throw new Failure(
      "bad-input",
      `${stateDirectory} was written by a newer Mailferry (state version ${version})`,
      {
        next: "Use that version, or a newer one.",
      },
    );
  }
  for (const kind of ["inventory", "playbook"] as const) {
    const before = state[kind];
    if (before === undefined || before === files[kind]) continue;
    throw new Failure("bad-input", `${stateDirectory} is the state of another ${kind}: ${before}`, {
      next: `You gave ${files[kind]}. Give the one before, or another directory with --state-dir.`,
    });
  }
}

function stem(file: string): string {
  const name = basename(file, extname(file)).replaceAll(/[^A-Za-z0-9._-]+/g, "-");
  return name.replace(/^[.-]+/, "") || "unnamed";
}

// Only state.json tells its version; damaged or not there, the journal is what counts.
function writtenVersion(stateDirectory: string): number {
  try {
    const { version } = JSON.parse(readFileSync(join(stateDirectory, "state.json"), "utf8")) as {
      version?: unknown;
    };
    return typeof version === "number" ? version : 0;
  } catch {
    return 0;
  }
}
