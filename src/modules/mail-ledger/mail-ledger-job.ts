import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, JobSpec } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import type { LedgerHash } from "../../mail/ledger.ts";
import { absolutePath, closed, oneOf, whenIs, word, yesOrNo } from "../argument-schemas.ts";
import { priorityArguments, priorityOf } from "../priority.ts";
import { fastestHash } from "./fastest-hash.ts";
import { filesOf, jobOfId, type LedgerJob, ledgerJob, ledgerJobPrefix, ledgerJobSpec } from "./ledger-job.ts";

export interface MailLedgerJobArgs {
  readonly path: string;
  readonly state: "started" | "absent";
  readonly since?: string;
  readonly again?: boolean;
  readonly hash_with?: LedgerHash | "fastest";
  readonly hash_on?: readonly string[];
  readonly nice?: number;
  readonly ionice?: number | "idle";
}

interface LedgerJobChange extends Change {
  readonly ends: readonly LedgerJob[];
  readonly starts?: { readonly job: LedgerJob; readonly spec: JobSpec } | undefined;
}

/** Starts, or ends, the job that lists and hashes all messages of a host while nobody waits. */
export const mailLedgerJob = changingModule<MailLedgerJobArgs, LedgerJobChange>({
  name: "mail_ledger_job",
  description:
    "Starts a job on the host that lists and hashes all messages below a mail root while nobody waits for it; it outlives the stage. mail_ledger with the same `path` and `since` waits for it, and makes a ledger of what it found. It stays as it is until it is ended (`absent`), or until there is another ledger `since`.",
  preview: "exact",
  args: closed(
    {
      path: absolutePath("The mail root, for instance /var/vmail."),
      state: oneOf(["started", "absent"], "absent: ends it, and removes what it left on the host."),
      since: word(
        "With started: the ledger that it is to be compared with. One job goes with each such ledger; with a newer one it is begun anew.",
      ),
      again: yesOrNo("Begins anew also where the job has ended well.", false),
      hash_with: oneOf(
        ["fastest", "sha256", "blake2b", "blake3", "xxh128"],
        "The hash. fastest: the first of xxh128, blake3, blake2b and sha256 that this host and those of hash_on have.",
        "fastest",
      ),
      hash_on: {
        type: "array",
        minItems: 1,
        items: { type: "string", minLength: 1 },
        description: "With hash_with: fastest, other hosts that must have the program too.",
      },
      ...priorityArguments("How far it"),
    },
    { required: ["path", "state"], ...whenIs("state", "started", { needs: ["since"] }) },
  ),

  async check(args, host, context) {
    const known = await context.listJobs(ledgerJobPrefix(args.path, context));
    const { since = "" } = args;
    if (args.state === "absent") return ending(known.map((id) => jobOfId(id, context)));
    const job = await ledgerJob(args.path, since, context);
    const serves = known.includes(job.id) && (await canServe(job, args.again ?? false, context));
    const ends = known.filter((id) => id !== job.id || !serves).map((id) => jobOfId(id, context));
    if (serves) return ending(ends);
    const hash = await hashOf(args, host, context);
    const spec = ledgerJobSpec(job, {
      root: args.path,
      hash,
      priority: priorityOf({ ...args, phase: "hot" }),
    });
    return {
      summary: `all messages of ${args.path} are hashed (${hash}) in the background`,
      ends,
      starts: { job, spec },
    };
  },

  touches: () => [],

  async apply({ ends, starts }, host, context) {
    for (const job of ends) {
      await context.endJob(job.id, async () => void (await host.run(["rm", "-f", "--", ...filesOf(job)])));
    }
    if (starts !== undefined) {
      await context.workDirectory(host);
      await context.startJob(starts.job.id, starts.spec);
    }
    return {};
  },
});

function ending(ends: readonly LedgerJob[]): LedgerJobChange | undefined {
  if (ends.length === 0) return undefined;
  const which = ends.map(({ id }) => id).join(", ");
  return { summary: `ends what hashes messages in the background (${which})`, ends };
}

/** Whether a job that is there is at work, or ended well. One that was killed, with its host or alone, is of no use. */
async function canServe({ id }: LedgerJob, again: boolean, context: LookContext): Promise<boolean> {
  try {
    const state = await context.jobState(id);
    return state !== undefined && (state.isRunning || (state.result.exitCode === 0 && !again));
  } catch (error) {
    if (error instanceof Failure && error.kind === "task-failed") return false;
    throw error;
  }
}

async function hashOf(
  { hash_with = "fastest", hash_on = [] }: MailLedgerJobArgs,
  host: HostReader,
  context: LookContext,
): Promise<LedgerHash> {
  if (hash_with !== "fastest") return hash_with;
  return fastestHash([host, ...(await Promise.all(hash_on.map((name) => context.peer(name))))]);
}
