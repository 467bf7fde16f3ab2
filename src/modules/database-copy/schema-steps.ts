import { Failure, Refused } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { CopyArgs, SchemaStep } from "./arguments.ts";
import type { DatabaseAt, DatabaseKind, ResultSet } from "./database-kind.ts";

/** Looks on the old host for rows that forbid a step, and names them in the refusal. */
export async function refuseByQueries(
  kind: DatabaseKind,
  { schema_steps = [] }: CopyArgs,
  source: DatabaseAt,
  signal: AbortSignal,
): Promise<void> {
  const from = source.host.name;
  for (const { refuse_if, because, statement } of schema_steps) {
    if (refuse_if === undefined) continue;
    const rows = await kind.query(source, refuse_if, signal);
    if (rows.length === 0) continue;
    const why = because === undefined ? "" : ` (${because})`;
    throw new Refused(
      `rows in ${source.name} on ${from} forbid "${statement}"${why}: ${describeRows(rows)}`,
      {
        host: from,
        next: "Put these rows in order on the old host, then run the stage again.",
      },
    );
  }
}

/** True when every step's query finds its row. */
export async function areStepsDone(
  kind: DatabaseKind,
  steps: readonly SchemaStep[],
  at: DatabaseAt,
  signal: AbortSignal,
): Promise<boolean> {
  for (const step of steps) if (!(await isStepDone(kind, step, at, signal))) return false;
  return true;
}

/** Does the steps that are not done, one after the other. Throws Failure when one leaves its query without a row. */
export async function doSteps(
  kind: DatabaseKind,
  steps: readonly SchemaStep[],
  at: DatabaseAt<HostWriter>,
  signal: AbortSignal,
): Promise<void> {
  for (const step of steps) {
    if (await isStepDone(kind, step, at, signal)) continue;
    await kind.execute(at, step.statement, signal);
    if (await isStepDone(kind, step, at, signal)) continue;
    throw new Failure(
      "task-failed",
      `the schema step "${step.statement}" ran, but its \`unless\` finds no row`,
      {
        host: at.host.name,
        next: "Correct the query: it must return a row once the step is done.",
      },
    );
  }
}

async function isStepDone(
  kind: DatabaseKind,
  { unless }: SchemaStep,
  at: DatabaseAt,
  signal: AbortSignal,
): Promise<boolean> {
  return (await kind.query(at, unless, signal)).length > 0;
}

const mostRowsShown = 20;

function describeRows(rows: ResultSet): string {
  const shown = rows.slice(0, mostRowsShown).map((row) => Object.values(row).join(" × "));
  const more = rows.length > mostRowsShown ? ` and ${rows.length - mostRowsShown} more` : "";
  return shown.join(", ") + more;
}
