import { writeFile } from "node:fs/promises";
import type { Applied } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { carryFile, type ExaminedFile } from "../carry-file.ts";
import { withCleanUp } from "../with-clean-up.ts";
import type { CopyWork } from "./copy-work.ts";
import { dumpDirectory, writeDump } from "./dump.ts";
import { countRows, type Fingerprint, findDifferences, takeFingerprint } from "./fingerprint.ts";
import type { CopyChange } from "./plan.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { fillStaging, putInPlace } from "./staging.ts";
import { dropOurDatabases } from "./swap.ts";

/** Dumps on old, carries the dump to new, proves it in a staging database, and swaps the tables. */
export async function applyCopy(
  change: CopyChange,
  target: HostWriter,
  context: ApplyContext,
): Promise<Applied> {
  const startedAt = Date.now();
  const source = await context.peerToChange(change.args.from);
  const directory = dumpDirectory(context.workPath, change.args.database);
  const work: CopyWork = { change, source, target, context, directory };
  if (change.onlyCleansUp) {
    await cleanUp(work);
    return {};
  }
  await refuseAfterOpening(context.latches, change.args.database);
  await makeDirectories(work);
  const copied = await withCleanUp(
    () => copy(work),
    () => cleanUp(work),
    (failure) => context.notice(`a dump in ${directory} may be left over: ${failure}`),
  );
  return { result: await keepRecord(work, copied, startedAt) };
}

interface Copied {
  readonly dump: ExaminedFile;
  /** What old holds. */
  readonly sums: Fingerprint;
  /** What new holds of it, after the schema steps. */
  readonly imported: Fingerprint;
}

async function copy(work: CopyWork): Promise<Copied> {
  const { source, target, directory, context, change } = work;
  const { dump, sums } = await dumpConsistently(work);
  const carried = await carryFile(source, target, directory, dump, context);
  context.progress({ text: `importing ${change.args.database}` });
  await fillStaging(work, carried, sums);
  return { dump, sums, imported: await putInPlace(work, sums) };
}

async function makeDirectories({ source, target, context, directory }: CopyWork): Promise<void> {
  for (const host of [source, target]) {
    await context.workDirectory(host);
    await host.run(["mkdir", "-p", "-m", "0700", "--", directory]);
  }
}

const mostDumps = 5;

/** A dump and the fingerprint of what it holds: old is summed up before and after, and dumped again if it changed between. */
async function dumpConsistently(work: CopyWork): Promise<{ dump: ExaminedFile; sums: Fingerprint }> {
  const { change, source, context, directory } = work;
  const { args, sourceLogin, columns } = change;
  const sumUp = () => takeFingerprint(source, sourceLogin, args.database, columns, context.signal);
  let before = await sumUp();
  for (let count = 1; count <= mostDumps; count++) {
    context.progress({ text: `dumping ${args.database}` });
    const dump = await writeDump(source, sourceLogin, args, `${directory}/dump.sql`);
    const after = await sumUp();
    const changed = findDifferences(before, after);
    if (changed.length === 0) return { dump, sums: after };
    context.notice(
      `${args.database} on ${source.name} was written to during the dump (${changed.join(", ")}): once more`,
    );
    before = after;
  }
  throw new Failure("task-failed", `${args.database} on ${source.name} is written to all the time`, {
    host: source.name,
    next: "Run this stage at a quieter time, or name its restless tables in `skip_rows_of`.",
  });
}

async function keepRecord(
  { change, source, target, context }: CopyWork,
  { dump, sums, imported }: Copied,
  startedAt: number,
): Promise<JsonObject> {
  const { database, save_as } = change.args;
  const facts = {
    database,
    tables: Object.keys(sums).length,
    rows: countRows(sums),
    dump_bytes: dump.sizeBytes,
    sha256: dump.sha256,
    seconds: Math.round((Date.now() - startedAt) / 100) / 10,
  };
  const record = { ...facts, from: source.name, to: target.name, source: sums, imported };
  const file = await context.runFile(save_as ?? `mariadb-${database}.json`);
  await writeFile(file, `${JSON.stringify(record, undefined, 1)}\n`, { mode: 0o600 });
  return facts;
}

/** Removes the dumps, the staging database and the tables that were swapped out. */
async function cleanUp({ change, source, target, directory }: CopyWork): Promise<void> {
  for (const host of [source, target]) await host.run(["rm", "-rf", "--", directory]);
  await dropOurDatabases(target, change.targetLogin, change.args.database);
}
