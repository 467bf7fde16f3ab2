import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import type { CopyArgs } from "./arguments.ts";
import type { DatabaseAt, DatabaseKind, Structure } from "./database-kind.ts";
import type { Columns, Fingerprint } from "./fingerprint.ts";
import { refuseSameMachine, refuseUnfitStructures } from "./refusals.ts";
import { refuseByQueries } from "./schema-steps.ts";
import { sourceName } from "./source-name.ts";

/** One of the two databases, and what it is made of. */
export interface Side extends DatabaseAt {
  readonly structure: Structure;
}

/** Gets to know both databases. Refuses what can't be copied whole. */
export async function lookAtBothSides(
  kind: DatabaseKind,
  args: CopyArgs,
  target: HostReader,
  context: LookContext,
): Promise<{ old: Side; fresh: Side }> {
  const source = await context.peer(args.from);
  refuseSameMachine(source, target);
  const [old, fresh] = await Promise.all([
    lookAt(kind, source, sourceName(args), args.from_defaults_file, context.signal),
    lookAt(kind, target, args.database, args.defaults_file, context.signal),
  ]);
  refuseUnfitStructures(args, old.structure, fresh.structure);
  await refuseByQueries(kind, args, old, context.signal);
  return { old, fresh };
}

async function lookAt(
  kind: DatabaseKind,
  host: HostReader,
  name: string,
  optionFile: string | undefined,
  signal: AbortSignal,
): Promise<Side> {
  const login = await kind.findLogin(host, optionFile, signal);
  const at = { host, login, name };
  return { ...at, structure: await kind.readStructure(at, signal) };
}

/** What old holds. */
export interface OldSums {
  readonly columns: Columns;
  readonly sums: Fingerprint;
  /** Without the columns that may change on new. */
  readonly asImported: Fingerprint;
}

/** Sums up every table of old whose rows are copied. */
export async function sumUpOld(
  kind: DatabaseKind,
  { skip_rows_of, exclude_columns = [] }: CopyArgs,
  old: Side,
  signal: AbortSignal,
): Promise<OldSums> {
  const columns = withoutTables(old.structure.tables, skip_rows_of);
  const sums = await kind.takeFingerprint(old, columns, signal);
  if (exclude_columns.length === 0) return { columns, sums, asImported: sums };
  const compared = withoutColumns(columns, exclude_columns);
  return { columns, sums, asImported: await kind.takeFingerprint(old, compared, signal) };
}

/** The columns of the tables that Mailferry compares again on new. */
export function withoutColumns(tables: Columns, excluded: readonly string[] = []): Columns {
  const keep = (table: string, columns: readonly string[]) =>
    columns.filter((column) => !excluded.includes(`${table}.${column}`));
  return new Map([...tables].map(([table, columns]) => [table, keep(table, columns)]));
}

function withoutTables(tables: Columns, names: readonly string[] = []): Columns {
  return new Map([...tables].filter(([table]) => !names.includes(table)));
}
