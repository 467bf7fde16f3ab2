import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LatchReader } from "../../contract/latch.ts";
import type { MariadbCopyArgs } from "./arguments.ts";
import { countRows, type Fingerprint } from "./fingerprint.ts";
import type { Structure } from "./structure.ts";
import type { TargetState } from "./target-state.ts";

/** Old and new must be two machines: the copy replaces what it reads otherwise. */
export function refuseSameMachine(source: HostReader, target: HostReader): void {
  if (source.name !== target.name && source.facts.machine_id !== target.facts.machine_id) return;
  throw new Refused(`${source.name} and ${target.name} are one machine`, {
    host: target.name,
    next: "Check the addresses in the inventory: a database is copied from one machine to another.",
  });
}

/** What can't be copied whole stops the copy before anything is touched. */
export function refuseUnfitStructures(
  { from, database }: MariadbCopyArgs,
  old: Structure,
  fresh: Structure,
): void {
  if (!old.exists || old.tables.size === 0) {
    throw new Refused(`there is no database ${database} with tables on ${from}`, {
      host: from,
      next: "Check the name, and that the old host's MariaDB runs on its own data directory.",
    });
  }
  if (old.programs.length > 0) {
    throw new Refused(`database ${database} on ${from} holds more than tables: ${old.programs.join(", ")}`, {
      host: from,
      next: "Mailferry copies tables. Save these with SHOW CREATE, drop them on a copy or move them by hand.",
    });
  }
  const triggers = fresh.programs.filter((program) => program.startsWith("trigger "));
  if (triggers.length > 0) {
    throw new Refused(`database ${database} on new has triggers: ${triggers.join(", ")}`, {
      next: "Tables with triggers can't be swapped. Drop the triggers, and make them again after the copy.",
    });
  }
  const across = [...old.foreignKeysAcross, ...fresh.foreignKeysAcross];
  if (across.length > 0) {
    throw new Refused(`foreign keys lead from one database to another: ${across.join(", ")}`, {
      next: "Drop these foreign keys; a copy of one database alone would break them.",
    });
  }
}

/** An empty source is more often a mistake than a wish. */
export function refuseEmptySource(
  { from, database, allow_empty = false }: MariadbCopyArgs,
  sums: Fingerprint,
): void {
  if (allow_empty || countRows(sums) > 0) return;
  throw new Refused(`every table of ${database} on ${from} is empty`, {
    host: from,
    next: "Check that this is the right database. If it is, set `allow_empty: true`.",
  });
}

/** Once new may have taken mail, its database is the true one. */
export async function refuseAfterOpening(latches: LatchReader, database: string): Promise<void> {
  if (!(await latches.isSet("new-opened"))) return;
  throw new Refused(`new has been opened: its database ${database} is not replaced any more`, {
    next: "Make changes to the database on the new server itself. The old one no longer counts.",
  });
}

/** Rows that Mailferry did not bring are somebody's. */
export function refuseForeignRows(args: MariadbCopyArgs, { now, foreignTables }: TargetState): void {
  const { database, replace_existing = false, replaceable_tables = [], skip_rows_of = [] } = args;
  if (replace_existing) return;
  const kept = foreignTables.filter((table) => ![...replaceable_tables, ...skip_rows_of].includes(table));
  if (kept.length === 0) return;
  const rows = kept.map((table) => `${table} (${now[table]?.rows} rows)`);
  throw new Refused(
    `database ${database} on new holds rows that Mailferry did not bring: ${rows.join(", ")}`,
    {
      next: "Look at them. If they may go, set `replace_existing: true`.",
    },
  );
}
