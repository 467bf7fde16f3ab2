import { writeFile } from "node:fs/promises";
import type { Applied } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { carryFile, type ExaminedFile } from "../carry-file.ts";
import { withCleanUp } from "../with-clean-up.ts";
import type { CopyWork } from "./copy-work.ts";
import { type DatabaseKind, fileNameOf } from "./database-kind.ts";
import { countRows, type Fingerprint, findDifferences } from "./fingerprint.ts";
import { type CopyChange, dumpDirectory } from "./plan.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { sourceName } from "./source-name.ts";
import { fillStaging, putInPlace } from "./staging.ts";

/** Dumps on old, carries the dump to new, proves it in a staging database, and swaps that in. */
export async function applyCopy(
  kind: DatabaseKind,
  change: CopyChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<Applied> {
  const startedAt = Date.now();
  const { args, sourceLogin, targetLogin } = change;
  const oldHost = await context.peerToChange(args.from);
  const source = { host: oldHost, login: sourceLogin, name: sourceName(args) };
  const target = { host, login: targetLogin, name: args.database };
  const directory = dumpDirectory(context.workPath, args.database);
  const work: CopyWork = { kind, change, source, target, context, directory };
  if (change.onlyCleansUp) {
    await cleanUp(work);
    return {};
  }
  await refuseAfterOpening(context.latches, args.database);
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
  const { source, target, directory, context } = work;
  const { dump, sums } = await dumpConsistently(work);
  const carried = await carryFile(source.host, target.host, directory, dump, context);
  context.progress({ text: `importing ${target.name}` });
  const staging = await fillStaging(work, carried, sums);
  return { dump, sums, imported: await putInPlace(work, staging, sums) };
}

async function makeDirectories({ source, target, context, directory }: CopyWork): Promise<void> {
  for (const { host } of [source, target]) {
    await context.workDirectory(host);
    await host.run(["mkdir", "-p", "-m", "0700", "--", directory]);
  }
}

const mostDumps = 5;

/** A dump and the fingerprint of what it holds: old is summed up before and after, and dumped again if it changed between. */
async function dumpConsistently(work: CopyWork): Promise<{ dump: ExaminedFile; sums: Fingerprint }> {
  const { kind, change, source, context, directory } = work;
  const { args, columns } = change;
  const sumUp = () => kind.takeFingerprint(source, columns, context.signal);
  let before = await sumUp();
  for (let count = 1; count <= mostDumps; count++) {
    context.progress({ text: `dumping ${source.name}` });
    const dump = await kind.writeDump(source, args.skip_rows_of ?? [], `${directory}/dump`);
    const after = await sumUp();
    const changed = findDifferences(before, after);
    if (changed.length === 0) return { dump, sums: after };
    context.notice(
      `${source.name} on ${source.host.name} was written to during the dump (${changed.join(", ")}): once more`,
    );
    before = after;
  }
  throw new Failure("task-failed", `${source.name} on ${source.host.name} is written to all the time`, {
    host: source.host.name,
    next: "Run this stage at a quieter time, or name its restless tables in `skip_rows_of`.",
  });
}

async function keepRecord(
  { kind, change, source, target, context }: CopyWork,
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
  const record = { ...facts, from: source.host.name, to: target.host.name, source: sums, imported };
  const file = await context.runFile(save_as ?? `${kind.name}-${fileNameOf(database)}.json`);
  await writeFile(file, `${JSON.stringify(record, undefined, 1)}\n`, { mode: 0o600 });
  return facts;
}

/** Removes the dumps, the staging database and what was swapped out. */
async function cleanUp({ kind, source, target, directory }: CopyWork): Promise<void> {
  for (const { host } of [source, target]) await host.run(["rm", "-rf", "--", directory]);
  await kind.dropLeftOver(target);
}
