import { createHash } from "node:crypto";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, JobSpec } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import type { LedgerHash } from "../../mail/ledger.ts";
import { readLedgerHead } from "../ledger-file.ts";
import type { Priority } from "../priority.ts";
import { hashesByRate, scanCommand, scanFormat } from "./scan-script.ts";

/** A job that lists a mail root with hashes, into files on its host. */
export interface LedgerJob {
  /** The same for the same mail root, and the same ledger that it is to be compared with. */
  readonly id: string;
  /** What it listed, packed; its other files have this name with an ending. */
  readonly file: string;
}

/** What the ids of all such jobs begin with. */
export const anyLedgerJob = "mail-ledger-";

/** What the ids of all such jobs of a mail root begin with. */
export function ledgerJobPrefix(root: string, { migration }: Pick<LookContext, "migration">): string {
  return `${anyLedgerJob}${digest(`${migration}\0${root}`)}-`;
}

/** The job of a mail root that goes with the newest ledger of the name `since`. Throws when there is no such ledger. */
export async function ledgerJob(
  root: string,
  since: string,
  context: Pick<LookContext, "migration" | "workPath" | "lastRunFile">,
): Promise<LedgerJob> {
  const { takenAt, host, root: ofRoot } = await readLedgerHead(since, context);
  return jobOfId(
    `${ledgerJobPrefix(root, context)}${digest([takenAt, host, ofRoot, scanFormat].join("\0"))}`,
    context,
  );
}

/** The job, once it has ended well. Throws when there is none, or when it failed. */
export async function endedLedgerJob(
  root: string,
  since: string,
  host: HostReader,
  context: LookContext,
): Promise<LedgerJob> {
  const job = await ledgerJob(root, since, context);
  if ((await context.jobState(job.id))?.isRunning) {
    context.notice(
      `the messages of ${root} are still being hashed in the background: waiting for the job ${job.id}`,
    );
  }
  const ended = await context.followJob(job.id);
  if (ended?.exitCode === 0) return job;
  const what = ended === undefined ? "is no job" : "failed a job";
  const said = ended?.stderr.toString("utf8").trim();
  const message = `there ${what} that hashes the messages of ${root} for the ledger ${since}`;
  throw new Failure("task-failed", said ? `${message}: ${said}` : message, {
    host: host.name,
    next: "A task mail_ledger_job with the same path and since starts it, anew where it failed.",
  });
}

export function jobOfId(id: string, { workPath }: Pick<LookContext, "workPath">): LedgerJob {
  return { id, file: `${workPath}/${id}.gz` };
}

/** All files that a job leaves beside its own directory. */
export function filesOf({ file }: LedgerJob): string[] {
  return [file, ...endings.map((ending) => `${file}.${ending}`)];
}

const endings = ["begun", "errors", "code"];

/** What the host is to do. The directory of the file has to be there. */
export function ledgerJobSpec(
  { file }: LedgerJob,
  {
    root,
    hash,
    priority,
  }: { readonly root: string; readonly hash: LedgerHash; readonly priority: Priority | undefined },
): JobSpec {
  const scan = scanCommand(root, hash, priority);
  return { name: "mail-ledger", argv: ["sh", "-c", jobScript, "mail-ledger", file, hash, ...scan] };
}

/**
 * Jobs of several mail roots take turns: each would take all processors. How the scan itself ended is told by whoever reads it; a job that
 * could not write it down fails.
 */
const jobScript = `
umask 077
file=$1 hash=$2
shift 2
exec 8<"\${file%/*}" && flock 8 || exit 1
echo "$(date -u +%Y-%m-%dT%H:%M:%S.000Z) $hash" >"$file.begun" || exit 1
{ "$@" 2>"$file.errors" 8<&-; echo "$?" >"$file.code"; } | gzip -1 >"$file" && [ -s "$file.code" ]`;

/** The command that says again what the scan of an ended job said, and ends as that did. It only reads. */
export function readAgainCommand({ file }: LedgerJob): string[] {
  const script = `gzip -dc -- "$1" && cat -- "$1.errors" >&2 && exit "$(cat -- "$1.code")"`;
  return ["sh", "-c", script, "mail-ledger", file];
}

/** When an ended job began, and the hash that it made. */
export async function readBegun(
  { id, file }: LedgerJob,
  host: HostReader,
): Promise<{ readonly takenAt: string; readonly hash: LedgerHash }> {
  const [takenAt = "", word] = ((await host.readText(`${file}.begun`)) ?? "").trim().split(" ");
  const hash = hashesByRate.find((one) => one === word);
  if (hash !== undefined) return { takenAt, hash };
  throw new Failure("task-failed", `what the job ${id} listed is gone from ${host.name}`, {
    host: host.name,
    next: "Let mail_ledger_job begin it anew (`again: true`).",
  });
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
