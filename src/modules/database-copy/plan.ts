import type { Change, TextDiff } from "../../contract/change.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import { refuseOnOld } from "../refuse-on-old.ts";
import type { CopyArgs } from "./arguments.ts";
import { type DatabaseKind, fileNameOf, type Login, type Structure } from "./database-kind.ts";
import { type Columns, countRows, type Fingerprint, findDifferences } from "./fingerprint.ts";
import { type Marker, readMarker } from "./marker.ts";
import { refuseAfterOpening, refuseEmptySource, refuseForeignRows } from "./refusals.ts";
import { areStepsDone } from "./schema-steps.ts";
import { lookAtBothSides, type Side, sumUpOld } from "./sides.ts";
import { readTargetState, type TargetState } from "./target-state.ts";

/** What there is to copy. */
export interface CopyChange extends Change {
  readonly args: CopyArgs;
  /** The copy is there; a run that broke off left a dump or a database of ours behind. */
  readonly onlyCleansUp?: boolean;
  readonly sourceLogin: Login;
  readonly targetLogin: Login;
  /** Every column of every table whose rows are copied. */
  readonly columns: Columns;
  /** The old host's columns with their types, for the marker. */
  readonly sourceColumns: readonly string[];
  /** What new may hold by our doing, and may therefore lose. */
  readonly imported: readonly Fingerprint[];
  /** What new held when it was looked at: it must still hold that when the copy is swapped in. */
  readonly targetSeen: Fingerprint;
}

/** Compares old's database with what was imported last, and that with what is on new; undefined when all is so. */
export async function planCopy(
  kind: DatabaseKind,
  args: CopyArgs,
  target: HostReader,
  context: LookContext,
): Promise<CopyChange | undefined> {
  const { database, schema_steps = [] } = args;
  refuseOnOld(target, context, `the copy replaces the database ${database}`);
  const { old, fresh } = await lookAtBothSides(kind, args, target, context);
  const { columns, sums, asImported } = await sumUpOld(kind, args, old, context.signal);
  refuseEmptySource(args, sums);

  const marker = await readMarker(kind, target, context.workPath, database);
  const imported = [...(marker?.imported ?? []), asImported];
  const state = await readTargetState(kind, fresh, imported, context.signal);
  const change = {
    args,
    sourceLogin: old.login,
    targetLogin: fresh.login,
    columns,
    sourceColumns: old.structure.columnLines,
    imported,
    targetSeen: state.now,
  };
  if (isUpToDate(old.structure, sums, marker, state)) {
    const stepsAreDone = await areStepsDone(kind, schema_steps, fresh, context.signal);
    if (stepsAreDone) return cleaningOf(kind, change, old, fresh, context);
  }
  await refuseAfterOpening(context.latches, database);
  refuseForeignRows(args, state);
  const summary = `copy database ${database} from ${args.from}: ${columns.size} tables, ${countRows(sums)} rows`;
  return { summary, diff: [rowCounts(database, state.now, sums)], ...change };
}

/** Where the dump lies, on both hosts. */
export function dumpDirectory(workPath: string, database: string): string {
  return `${workPath}/dump-${fileNameOf(database)}`;
}

/** The copy stands. What a broken run left behind, perhaps passwords in a dump, is still to go. */
async function cleaningOf(
  kind: DatabaseKind,
  change: Omit<CopyChange, "summary">,
  old: Side,
  fresh: Side,
  { workPath, signal }: LookContext,
): Promise<CopyChange | undefined> {
  const { database } = change.args;
  const leftOver = await kind.findLeftOver(fresh, signal);
  const directory = dumpDirectory(workPath, database);
  for (const { host } of [old, fresh]) {
    if ((await host.stat(directory)) !== undefined) leftOver.push(`${directory} on ${host.name}`);
  }
  if (leftOver.length === 0) return undefined;
  return { summary: `remove what a broken copy left: ${leftOver.join(", ")}`, ...change, onlyCleansUp: true };
}

/** New holds what old has now, or what was made of it by the last import. */
function isUpToDate(
  old: Structure,
  sums: Fingerprint,
  marker: Marker | undefined,
  state: TargetState,
): boolean {
  if (state.matches.at(-1) === true) return true;
  if (marker === undefined || state.matches.at(-2) !== true) return false;
  const sameRows = isEqual(marker.source, sums);
  return sameRows && marker.sourceColumns.join("\n") === old.columnLines.join("\n");
}

function isEqual(one: Fingerprint, other: Fingerprint): boolean {
  return findDifferences(one, other).length === 0 && findDifferences(other, one).length === 0;
}

function rowCounts(database: string, before: Fingerprint, after: Fingerprint): TextDiff {
  const lines = (fingerprint: Fingerprint) =>
    Object.entries(fingerprint).map(
      ([table, { rows, checksum }]) => `${table}: ${rows} rows, checksum ${checksum}\n`,
    );
  return { path: `database ${database}`, before: lines(before).join(""), after: lines(after).join("") };
}
