import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LatchReader } from "../../contract/latch.ts";
import type { CopyArgs } from "./arguments.ts";
import type { Structure } from "./database-kind.ts";
import { countRows, type Fingerprint } from "./fingerprint.ts";
import { sourceName } from "./source-name.ts";
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
export function refuseUnfitStructures(args: CopyArgs, old: Structure, fresh: Structure): void {
  const { from } = args;
  if (!old.exists || old.tables.size === 0) {
    throw new Refused(`there is no database ${sourceName(args)} with tables on ${from}`, {
      host: from,
      next: "Check the name, and that the old host's database runs on its own data.",
    });
  }
  for (const { on, what, next } of old.unfit) if (on !== "new") throw new Refused(what, { host: from, next });
  for (const { on, what, next } of fresh.unfit) if (on !== "old") throw new Refused(what, { next });
}

/** An empty source is more often a mistake than a wish. */
export function refuseEmptySource(args: CopyArgs, sums: Fingerprint): void {
  if (args.allow_empty === true || countRows(sums) > 0) return;
  throw new Refused(`every table of ${sourceName(args)} on ${args.from} is empty`, {
    host: args.from,
    next: "Check that this is the right database. If it is, set `allow_empty: true`.",
  });
}

/** Once new may have taken mail, its database is the true one. */
export async function refuseAfterOpening(latches: LatchReader, database: string): Promise<void> {
  if ((await latches.anyOpenedAt()) === undefined) return;
  throw new Refused(`new has been opened: its database ${database} is not replaced any more`, {
    next: "Make changes to the database on the new server itself. The old one no longer counts.",
  });
}

/** Rows that Mailferry did not bring are somebody's. */
export function refuseForeignRows(args: CopyArgs, { now, foreignTables }: TargetState): void {
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
