import { Failure, Refused } from "../../contract/errors.ts";
import type { ExaminedFile } from "../carry-file.ts";
import type { CopyWork } from "./copy-work.ts";
import { importDump } from "./dump.ts";
import { columnsOf, type Fingerprint, findDifferences, takeFingerprint } from "./fingerprint.ts";
import { writeMarker } from "./marker.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { doSteps } from "./schema-steps.ts";
import { withoutColumns } from "./sides.ts";
import { readStructure } from "./structure.ts";
import { makeStaging, stagingOf, swapTables } from "./swap.ts";

/** Imports the dump into the staging database, compares every table and column with old, and does the schema steps. */
export async function fillStaging(work: CopyWork, dump: ExaminedFile, sums: Fingerprint): Promise<void> {
  const { change, target, context } = work;
  const { args, targetLogin } = change;
  const staging = stagingOf(args.database);
  await makeStaging(target, targetLogin, args.database);
  await importDump(target, targetLogin, dump.path, staging);
  const found = await takeFingerprint(target, targetLogin, staging, columnsOf(sums), context.signal);
  const differences = findDifferences(sums, found);
  if (differences.length > 0) {
    throw new Failure(
      "proof-failed",
      `the copy of ${args.database} is not what old holds: ${differences.join(", ")}`,
      {
        host: target.name,
        next: "Nothing was put in place. Compare these tables on both hosts by hand.",
      },
    );
  }
  await doSteps(args.schema_steps ?? [], target, targetLogin, staging, context.signal);
}

/** Swaps the staging tables in, and remembers on new what they hold. */
export async function putInPlace(work: CopyWork, sums: Fingerprint): Promise<Fingerprint> {
  const { change, target, context } = work;
  const { args, targetLogin, sourceColumns } = change;
  const staged = await sumUpStaging(work, sums);
  await refuseAfterOpening(context.latches, args.database);
  await refuseWrittenMeanwhile(work);
  const marker = {
    database: args.database,
    importedAt: new Date().toISOString(),
    source: sums,
    sourceColumns,
  };
  // Both, because a swap that nobody saw the end of leaves either of them.
  await writeMarker(target, context.workPath, { ...marker, imported: [...change.imported, staged] });
  await swapTables(target, targetLogin, args.database, context.signal);
  await writeMarker(target, context.workPath, { ...marker, imported: [staged] });
  return staged;
}

/** What the schema steps made of the rows, in the columns that came from old and are compared again. */
async function sumUpStaging({ change, target, context }: CopyWork, sums: Fingerprint): Promise<Fingerprint> {
  const { args, targetLogin } = change;
  const staging = stagingOf(args.database);
  const { tables } = await readStructure(target, targetLogin, staging, context.signal);
  const compared = [...withoutColumns(columnsOf(sums), args.exclude_columns)].filter(([table]) =>
    tables.has(table),
  );
  const columns = compared.map(([table, names]): [string, string[]] => [
    table,
    names.filter((name) => tables.get(table)?.includes(name)),
  ]);
  return takeFingerprint(target, targetLogin, staging, new Map(columns), context.signal);
}

async function refuseWrittenMeanwhile({ change, target, context }: CopyWork): Promise<void> {
  const { args, targetLogin, targetSeen } = change;
  const { tables } = await readStructure(target, targetLogin, args.database, context.signal);
  const now = await takeFingerprint(target, targetLogin, args.database, tables, context.signal);
  const changed = [...new Set([...findDifferences(targetSeen, now), ...findDifferences(now, targetSeen)])];
  if (changed.length === 0) return;
  throw new Refused(`${args.database} on new was written to while the copy ran: ${changed.join(", ")}`, {
    host: target.name,
    next: "Find out what writes there, stop it, and run the stage again.",
  });
}
