import { Failure, Refused } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { ExaminedFile } from "../carry-file.ts";
import type { CopyWork } from "./copy-work.ts";
import type { DatabaseAt } from "./database-kind.ts";
import { columnsOf, type Fingerprint, findDifferences } from "./fingerprint.ts";
import { writeMarker } from "./marker.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { doSteps } from "./schema-steps.ts";
import { withoutColumns } from "./sides.ts";

/** Imports the dump into the staging database, compares every table and column with old, and does the schema steps. */
export async function fillStaging(
  { kind, change, target, context }: CopyWork,
  dump: ExaminedFile,
  sums: Fingerprint,
): Promise<DatabaseAt<HostWriter>> {
  const { args } = change;
  const staging = await kind.fillStaging(target, dump.path, context.signal);
  const found = await kind.takeFingerprint(staging, columnsOf(sums), context.signal);
  const differences = findDifferences(sums, found);
  if (differences.length > 0) {
    throw new Failure(
      "proof-failed",
      `the copy of ${args.database} is not what old holds: ${differences.join(", ")}`,
      {
        host: target.host.name,
        next: "Nothing was put in place. Compare these tables on both hosts by hand.",
      },
    );
  }
  await doSteps(kind, args.schema_steps ?? [], staging, context.signal);
  return staging;
}

/** Swaps the staging database in, and remembers on new what it holds. */
export async function putInPlace(
  work: CopyWork,
  staging: DatabaseAt<HostWriter>,
  sums: Fingerprint,
): Promise<Fingerprint> {
  const { kind, change, target, context } = work;
  const { args, sourceColumns } = change;
  const staged = await sumUpStaging(work, staging, sums);
  await refuseAfterOpening(context.latches, args.database);
  await refuseWrittenMeanwhile(work);
  const marker = {
    database: args.database,
    importedAt: new Date().toISOString(),
    source: sums,
    sourceColumns,
  };
  const remember = (imported: readonly Fingerprint[]) =>
    writeMarker(kind, target.host, context.workPath, { ...marker, imported });
  // Both, because a swap that nobody saw the end of leaves either of them.
  await remember([...change.imported, staged]);
  await kind.swap(target, staging, context.signal);
  await remember([staged]);
  return staged;
}

/** What the schema steps made of the rows, in the columns that came from old and are compared again. */
async function sumUpStaging(
  { kind, change, context }: CopyWork,
  staging: DatabaseAt,
  sums: Fingerprint,
): Promise<Fingerprint> {
  const { tables } = await kind.readStructure(staging, context.signal);
  const compared = [...withoutColumns(columnsOf(sums), change.args.exclude_columns)].filter(([table]) =>
    tables.has(table),
  );
  const columns = compared.map(([table, names]): [string, string[]] => [
    table,
    names.filter((name) => tables.get(table)?.includes(name)),
  ]);
  return kind.takeFingerprint(staging, new Map(columns), context.signal);
}

async function refuseWrittenMeanwhile({ kind, change, target, context }: CopyWork): Promise<void> {
  const { args, targetSeen } = change;
  const { tables } = await kind.readStructure(target, context.signal);
  const now = await kind.takeFingerprint(target, tables, context.signal);
  const changed = [...new Set([...findDifferences(targetSeen, now), ...findDifferences(now, targetSeen)])];
  if (changed.length === 0) return;
  throw new Refused(`${args.database} on new was written to while the copy ran: ${changed.join(", ")}`, {
    host: target.host.name,
    next: "Find out what writes there, stop it, and run the stage again.",
  });
}
