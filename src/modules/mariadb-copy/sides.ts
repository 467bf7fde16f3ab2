import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import { findLogin, type Login } from "../mariadb/client.ts";
import type { MariadbCopyArgs } from "./arguments.ts";
import { type Columns, type Fingerprint, takeFingerprint } from "./fingerprint.ts";
import { refuseSameMachine, refuseUnfitStructures } from "./refusals.ts";
import { refuseByQueries } from "./schema-steps.ts";
import { readStructure, type Structure } from "./structure.ts";

/** One of the two databases, with the way to it. */
export interface Side {
  readonly host: HostReader;
  readonly login: Login;
  readonly structure: Structure;
}

/** Gets to know both databases. Refuses what can't be copied whole. */
export async function lookAtBothSides(
  args: MariadbCopyArgs,
  target: HostReader,
  context: LookContext,
): Promise<{ old: Side; fresh: Side }> {
  const source = await context.peer(args.from);
  refuseSameMachine(source, target);
  const [old, fresh] = await Promise.all([
    lookAt(source, args.database, args.from_defaults_file, context.signal),
    lookAt(target, args.database, args.defaults_file, context.signal),
  ]);
  refuseUnfitStructures(args, old.structure, fresh.structure);
  await refuseByQueries(args, source, old.login, context.signal);
  return { old, fresh };
}

async function lookAt(
  host: HostReader,
  database: string,
  defaultsFile: string | undefined,
  signal: AbortSignal,
): Promise<Side> {
  const login = await findLogin(host, defaultsFile, signal);
  return { host, login, structure: await readStructure(host, login, database, signal) };
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
  { database, skip_rows_of, exclude_columns = [] }: MariadbCopyArgs,
  { host, login, structure }: Side,
  signal: AbortSignal,
): Promise<OldSums> {
  const columns = withoutTables(structure.tables, skip_rows_of);
  const sums = await takeFingerprint(host, login, database, columns, signal);
  if (exclude_columns.length === 0) return { columns, sums, asImported: sums };
  const compared = withoutColumns(columns, exclude_columns);
  return { columns, sums, asImported: await takeFingerprint(host, login, database, compared, signal) };
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
