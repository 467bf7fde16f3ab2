import { writeFile } from "node:fs/promises";
import type { Applied } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { carryFile, type ExaminedFile, examineFile } from "../carry-file.ts";
import { withCleanUp } from "../with-clean-up.ts";
import { type Digests, findDifferences, takeDigests } from "./digest.ts";
import { writeMarker } from "./marker.ts";
import { dumpDirectory, type RedisChange, refuseAfterOpening } from "./plan.ts";
import { forgetFormerData, putInPlace } from "./put-in-place.ts";
import { saveDump } from "./save-dump.ts";
import { digestDump } from "./staging.ts";

/** Saves on old, carries the dump to new, proves it there, and puts it in the place of new's data. Old stays running. */
export async function applyRedisCopy(
  change: RedisChange,
  target: HostWriter,
  context: ApplyContext,
): Promise<Applied> {
  const startedAt = Date.now();
  const source = await context.peerToChange(change.args.from);
  const work = { change, source, target, context, directory: dumpDirectory(context.workPath) };
  if (change.onlyCleansUp) {
    await cleanUp(work);
    await forgetFormerData(target, change.fresh);
    return {};
  }
  await refuseAfterOpening(context);
  const copied = await withCleanUp(
    () => copy(work),
    () => cleanUp(work),
    (failure) => context.notice(`a dump in ${work.directory} may be left over: ${failure}`),
  );
  return { result: await keepRecord(work, copied, startedAt) };
}

interface RedisWork {
  readonly change: RedisChange;
  readonly source: HostWriter;
  readonly target: HostWriter;
  readonly context: ApplyContext;
  /** Holds the dump, on both hosts. */
  readonly directory: string;
}

interface Copied {
  readonly dump: ExaminedFile;
  readonly digests: Digests;
  /** Whether old stood still, so that every key and value could be compared; the dump's own checksum otherwise. */
  readonly compared: "content" | "file";
}

async function copy({ change, source, target, context, directory }: RedisWork): Promise<Copied> {
  const { args, old, fresh, oldDigests } = change;
  for (const host of [source, target]) {
    await context.workDirectory(host);
    await host.run(["mkdir", "-p", "-m", "0700", "--", directory]);
  }
  const path = `${directory}/dump.rdb`;
  context.progress({ text: "saving Redis" });
  await saveDump(source, old, path, context.signal);
  const stoodStill =
    findDifferences(oldDigests, await takeDigests(source, old.address, context.signal)).length === 0;
  const dump = await examineFile(source, path);
  await carryFile(source, target, directory, dump, context);
  const digests = await digestDump(target, directory, "dump.rdb", context);
  if (stoodStill) refuseDifferences(target, oldDigests, digests);
  await refuseAfterOpening(context);
  context.progress({ text: "putting Redis in place" });
  await putInPlace(target, fresh, args.service ?? "redis-server", path, digests, context.signal);
  await writeMarker(target, context.workPath, digests);
  return { dump, digests, compared: stoodStill ? "content" : "file" };
}

function refuseDifferences(target: HostWriter, expected: Digests, found: Digests): void {
  const differences = findDifferences(expected, found);
  if (differences.length === 0) return;
  throw new Failure("proof-failed", `the copy of Redis is not what old holds: ${differences.join("; ")}`, {
    host: target.name,
    next: "Nothing was put in place. Run the stage again.",
  });
}

async function keepRecord(
  { change, context }: RedisWork,
  { dump, digests, compared }: Copied,
  startedAt: number,
): Promise<JsonObject> {
  const keys = Object.fromEntries(
    Object.entries(digests).map(([name, digest]) => [name, digest.keys + digest.shortLivedKeys]),
  );
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  const facts = { keys, compared, dump_bytes: dump.sizeBytes, sha256: dump.sha256, seconds };
  const file = await context.runFile(change.args.save_as ?? "redis.json");
  await writeFile(file, `${JSON.stringify({ ...facts, digests }, undefined, 1)}\n`, { mode: 0o600 });
  return facts;
}

async function cleanUp({ source, target, directory }: RedisWork): Promise<void> {
  for (const host of [source, target]) await host.run(["rm", "-rf", "--", directory]);
}
