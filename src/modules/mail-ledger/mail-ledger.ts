import type { Look } from "../../contract/change.ts";
import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { type LookContext, lookingModule } from "../../contract/module.ts";
import type { LedgerHash, LedgerSummary } from "../../mail/ledger.ts";
import { absolutePath, closed, notBoth, oneOf, word } from "../argument-schemas.ts";
import { priorityArguments, priorityOf } from "../priority.ts";
import { fastestHash } from "./fastest-hash.ts";
import { lastHashedLedger, noteHashedLedger } from "./hashed-ledger.ts";
import { endedLedgerJob, readAgainCommand, readBegun } from "./ledger-job.ts";
import type { ScanCounts } from "./ledger-writer.ts";
import { type TakenLedger, takeLedger } from "./take-ledger.ts";

export interface MailLedgerArgs {
  readonly path: string;
  readonly save_as: string;
  readonly since?: string;
  readonly phase?: "hot" | "cold";
  readonly nice?: number;
  readonly ionice?: number | "idle";
  readonly hash?: "none" | "new" | "all";
  readonly hash_with?: LedgerHash | "fastest";
  readonly hash_on?: readonly string[];
  readonly beside?: readonly LedgerBeside[];
}

/** Another host's ledger, taken at the same time. */
export interface LedgerBeside {
  readonly host: string;
  readonly path?: string;
  readonly save_as: string;
}

/** Lists every message below a mail root into a ledger. */
export const mailLedger = lookingModule<MailLedgerArgs>({
  name: "mail_ledger",
  isGuard: true,
  description:
    "Lists every message of a host into a ledger on the controller: mailbox, folder, unique name, size, flags, keywords, UID and, if asked for, a hash.",
  args: closed(
    {
      path: absolutePath("The mail root, for instance /var/vmail."),
      save_as: word("The ledger's name, for mail_proof."),
      since: word(
        "Takes what the job listed that mail_ledger_job started with the same path and since, and waits for it, in place of listing now.",
      ),
      phase: oneOf(
        ["hot", "cold"],
        "hot: the mailboxes are in use, what goes away while they are listed is no error.",
        "cold",
      ),
      ...priorityArguments("With phase: hot, how far it"),
      hash: oneOf(
        ["none", "new", "all"],
        "Hash the content of messages, on all processors of the host. all: of every one. new: of those that this host's last ledger with hashes does not have under the same folder, name and size; the others keep their hash from there. Where there is no such ledger, or a proof failed since, new is all.",
        "none",
      ),
      hash_with: oneOf(
        ["fastest", "sha256", "blake2b", "blake3", "xxh128"],
        "The hash. fastest: the first of xxh128, blake3, blake2b and sha256 that this host and those of beside and hash_on have.",
        "fastest",
      ),
      hash_on: {
        type: "array",
        minItems: 1,
        items: { type: "string", minLength: 1 },
        description: "With hash_with: fastest, other hosts that must have the program too.",
      },
      beside: {
        type: "array",
        minItems: 1,
        items: closed(
          {
            host: word("The host's name in the inventory."),
            path: absolutePath("The mail root there; the same path by default."),
            save_as: word("The name of that host's ledger."),
          },
          { required: ["host", "save_as"] },
        ),
        description: "Other hosts whose ledgers are taken at the same time, with the same phase and hash.",
      },
    },
    {
      required: ["path", "save_as"],
      dependencies: { hash_on: ["hash"], hash_with: ["hash"] },
      ...notBoth("since", "hash"),
    },
  ),

  async look(args, host, context) {
    if (args.since !== undefined) return collectLedger({ ...args, since: args.since }, host, context);
    const others = await Promise.all((args.beside ?? []).map(({ host: name }) => context.peer(name)));
    const hash = await hashOf(args, [host, ...others], context);
    const wanted = [
      { host, root: args.path, save_as: args.save_as },
      ...(args.beside ?? []).map(({ path = args.path, save_as }, index) => {
        return { host: others[index] as HostReader, root: path, save_as };
      }),
    ];
    const priority = priorityOf(args);
    const counts: ScanCounts[] = [];
    const ledgers = await allOrNone(context.signal, (signal) =>
      wanted.map(async ({ host: of, root, save_as }, index) => {
        const file = await context.runFile(save_as);
        const onCount = (its: ScanCounts): void => {
          counts[index] = its;
          tellProgress(counts, context);
        };
        const place = { host: of.name, root };
        const goesOn = args.hash === "new" && hash !== "none";
        const earlier = goesOn ? await lastHashedLedger(place, hash, context) : undefined;
        const order = { host: of, root, file, hash, earlier, phase: args.phase ?? "cold", signal, priority };
        const ledger = await takeLedger({ ...order, onCount });
        if (hash !== "none") await noteHashedLedger(place, save_as, context);
        return ledger;
      }),
    );
    const results = ledgers.map((ledger) => resultOf(ledger, hash));
    return {
      result: { ...results[0], beside: results.slice(1) },
      message: ledgers.map(({ summary }, index) => messageOf(summary, wanted[index]?.host.name)).join("; "),
    };
  },
});

/** A ledger of what a job found. Mailboxes were in use meanwhile. */
async function collectLedger(
  { path: root, save_as, since }: MailLedgerArgs & { readonly since: string },
  host: HostReader,
  context: LookContext,
): Promise<Look> {
  const job = await endedLedgerJob(root, since, host, context);
  const { takenAt, hash } = await readBegun(job, host);
  const { summary, ...ledger } = await takeLedger({
    ...{ host, root, hash, phase: "hot", file: await context.runFile(save_as), signal: context.signal },
    listed: { argv: readAgainCommand(job), takenAt },
    onCount: (counts) => tellProgress([counts], context),
  });
  const result = resultOf({ summary, ...ledger }, hash);
  return { result, message: `${messageOf(summary, host.name)}, as they were from ${takenAt} on` };
}

async function hashOf(
  { hash = "none", hash_with = "fastest", hash_on = [] }: MailLedgerArgs,
  hosts: readonly HostReader[],
  context: LookContext,
): Promise<LedgerHash | "none"> {
  if (hash === "none") return "none";
  if (hash_with !== "fastest") return hash_with;
  return fastestHash([...hosts, ...(await Promise.all(hash_on.map((name) => context.peer(name))))]);
}

/** Does work at the same time; what fails ends the rest, and is thrown when all have ended. */
async function allOrNone<Item>(
  signal: AbortSignal,
  begin: (signal: AbortSignal) => Promise<Item>[],
): Promise<Item[]> {
  const failed = new AbortController();
  const working = begin(AbortSignal.any([signal, failed.signal]));
  try {
    return await Promise.all(working);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(working);
    throw error;
  }
}

function tellProgress(counts: readonly (ScanCounts | undefined)[], context: LookContext): void {
  const sum = (of: (one: ScanCounts) => number): number =>
    counts.reduce((total, one) => total + (one === undefined ? 0 : of(one)), 0);
  context.progress({
    doneItems: sum(({ messages }) => messages),
    doneBytes: sum(({ bytes }) => bytes),
    unit: "messages",
  });
}

function resultOf({ summary, hashed, file, seconds }: TakenLedger, hash: LedgerHash | "none"): JsonObject {
  return {
    mailboxes: summary.mailboxes,
    folders: summary.folders,
    messages: summary.messages,
    bytes: summary.bytes,
    other_files: summary.otherFiles,
    owners: summary.owners,
    layouts: summary.layouts,
    hash,
    hashed,
    file,
    seconds,
  };
}

function messageOf({ messages, folders, mailboxes }: LedgerSummary, host = ""): string {
  return `${host}: ${messages} messages in ${folders} folders of ${mailboxes} mailboxes`;
}
