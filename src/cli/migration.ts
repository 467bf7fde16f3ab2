import { readFileSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { Failure } from "../contract/errors.ts";
import { type Wave, waveOf } from "../contract/wave.ts";
import type { MigrationState } from "../engine/state.ts";
import type { Playbook } from "../language/model/playbook.ts";
import type { MigrationOptions } from "./options.ts";

/** One inventory with one playbook: its name, and where its state lives. */
export interface Migration {
  readonly name: string;
  readonly stateDirectory: string;
  /** `--domains`: the part of the migration that moves by itself. */
  readonly wave?: Wave | undefined;
}

/** Names the migration after its files, fit for a file name. */
export function describeMigration(
  playbookFile: string,
  inventoryFiles: readonly string[],
  options: Pick<MigrationOptions, "stateDir" | "domains">,
  cwd: string,
): Migration {
  const name = `${inventoryFiles.map(stem).join("+")}--${stem(playbookFile)}`;
  const stateDirectory = resolve(cwd, options.stateDir ?? join(".mailferry", name));
  if (options.domains === undefined) return { name, stateDirectory };
  const wave = waveOf(options.domains);
  return {
    name: `${name}--${wave.name}`,
    stateDirectory: join(wavesDirectory(stateDirectory), wave.name),
    wave,
  };
}

/** Where the waves of a migration have their state, a directory each. */
export function wavesDirectory(stateDirectory: string): string {
  return join(stateDirectory, "waves");
}

/** Stops when `--domains` is missing where one domain moves at a time, or stands where all move together. */
export function requireDomains({ file, movesDomains }: Playbook, { wave }: Migration): void {
  if ((wave !== undefined) === (movesDomains === true)) return;
  throw new Failure(
    "bad-input",
    movesDomains ? "which domains? --domains is missing" : `${file} moves all domains together`,
    {
      next: movesDomains
        ? "This playbook moves one domain, or a list of them, at a time: --domains example.org"
        : "Leave --domains out, or take a playbook that moves one domain at a time (ispmail-waves).",
    },
  );
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
