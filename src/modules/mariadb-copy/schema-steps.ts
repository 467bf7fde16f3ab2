import { Failure, Refused } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { execute, type Login, query } from "../mariadb/client.ts";
import type { ResultSet } from "../mariadb/result-sets.ts";
import type { MariadbCopyArgs, SchemaStep } from "./arguments.ts";

/** Looks on the old host for rows that forbid a step, and names them in the refusal. */
export async function refuseByQueries(
  { from, database, schema_steps = [] }: MariadbCopyArgs,
  source: HostReader,
  login: Login,
  signal: AbortSignal,
): Promise<void> {
  for (const { refuse_if, because, statement } of schema_steps) {
    if (refuse_if === undefined) continue;
    const rows = (await query(source, login, refuse_if, { database, signal })).at(-1) ?? [];
    if (rows.length === 0) continue;
    const why = because === undefined ? "" : ` (${because})`;
    throw new Refused(`rows in ${database} on ${from} forbid "${statement}"${why}: ${describeRows(rows)}`, {
      host: from,
      next: "Put these rows in order on the old host, then run the stage again.",
    });
  }
}

/** True when every step's query finds its row. */
export async function areStepsDone(
  steps: readonly SchemaStep[],
  host: HostReader,
  login: Login,
  database: string,
  signal: AbortSignal,
): Promise<boolean> {
  for (const step of steps) if (!(await isStepDone(step, host, login, database, signal))) return false;
  return true;
}

/** Does the steps that are not done, one after the other. Throws Failure when one leaves its query without a row. */
export async function doSteps(
  steps: readonly SchemaStep[],
  host: HostWriter,
  login: Login,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  for (const step of steps) {
    if (await isStepDone(step, host, login, database, signal)) continue;
    await execute(host, login, step.statement, { database, signal });
    if (await isStepDone(step, host, login, database, signal)) continue;
    throw new Failure(
      "task-failed",
      `the schema step "${step.statement}" ran, but its \`unless\` finds no row`,
      {
        host: host.name,
        next: "Correct the query: it must return a row once the step is done.",
      },
    );
  }
}

async function isStepDone(
  { unless }: SchemaStep,
  host: HostReader,
  login: Login,
  database: string,
  signal: AbortSignal,
): Promise<boolean> {
  const results = await query(host, login, unless, { database, signal });
  return results.some((rows) => rows.length > 0);
}

const mostRowsShown = 20;

function describeRows(rows: ResultSet): string {
  const shown = rows.slice(0, mostRowsShown).map((row) => Object.values(row).join(" × "));
  const more = rows.length > mostRowsShown ? ` and ${rows.length - mostRowsShown} more` : "";
  return shown.join(", ") + more;
}
