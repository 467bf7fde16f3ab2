import { writeFile } from "node:fs/promises";
import type { Proof } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import { type LookContext, lookingModule } from "../contract/module.ts";
import { compareLedgers } from "../mail/ledger-comparison.ts";
import {
  type Difference,
  exceptionLine,
  failingDifferences,
  type ProofCounts,
  type ProofException,
} from "../mail/proof.ts";
import { closed, word, yesOrNo } from "./argument-schemas.ts";
import { noteFailedProof } from "./failed-proof.ts";
import { ByteFile, openLedger } from "./ledger-file.ts";

export interface MailProofArgs {
  readonly old: string;
  readonly new: string;
  readonly strict?: boolean;
  readonly allow_extra?: boolean;
  readonly allow_missing?: boolean;
  readonly allow_empty?: boolean;
  readonly save_as?: string;
}

/** Proves that what old had is on new, by comparing two ledgers. */
export const mailProof = lookingModule<MailProofArgs>({
  name: "mail_proof",
  isGuard: true,
  description:
    "Compares the old host's ledger with the new one's and fails (exit code 5) when a message is missing or altered; strict also when flags, UIDs or anything else differs.",
  args: closed(
    {
      old: word("The old host's ledger, as mail_ledger saved it."),
      new: word("The new host's ledger."),
      strict: yesOrNo(
        "Flags, UIDs, UIDVALIDITY, folders, subscriptions, sieve scripts and other files must agree too, and nothing may be extra.",
        false,
      ),
      allow_extra: yesOrNo("With strict: messages on new alone are fine, as mail that arrived since.", false),
      allow_missing: yesOrNo(
        "Messages on old alone are told and let pass, when users already delete mail on new.",
        false,
      ),
      allow_empty: yesOrNo(
        "There is no mailbox at all yet. Otherwise that says that the path is wrong.",
        false,
      ),
      save_as: word("The proof's name among the run's files: NAME.jsonl and NAME.txt."),
    },
    { required: ["old", "new"] },
  ),

  async look(args, _host, context) {
    const { strict = false, allow_extra = false, allow_missing = false, save_as = "proof" } = args;
    const failing = failingDifferences({ strict, allowExtra: allow_extra, allowMissing: allow_missing });
    const proof = await compareInto(args, failing, await context.runFile(`${save_as}.jsonl`), context);
    const summary = summaryOf(proof);
    await writeFile(await context.runFile(`${save_as}.txt`), `${summary}\n`, { mode: 0o600 });
    if (proof.mailboxes === 0 && !(args.allow_empty ?? false)) throw nothingProven(proof);
    if (proof.verdict === "failed") {
      await noteFailedProof(summary, context);
      throw proofFailed(proof, summary);
    }
    const proven = allow_missing ? undefined : proof.proven;
    return { result: resultOf(proof), message: summary, proof: proven };
  },
});

interface Comparison {
  readonly counts: ProofCounts;
  readonly mailboxes: number;
  /** The first exceptions, those that make it fail before all others. */
  readonly first: readonly ProofException[];
  readonly verdict: "same" | "complete" | "failed";
  readonly file: string;
  /** Of which hosts, and of when. */
  readonly proven: Proof;
}

/** How many exceptions are named on screen and in the result; the file has all. */
const shownAtMost = 20;

async function compareInto(
  args: MailProofArgs,
  failing: ReadonlySet<Difference>,
  path: string,
  context: LookContext,
): Promise<Comparison> {
  const [old, current] = await Promise.all([openLedger(args.old, context), openLedger(args.new, context)]);
  const file = new ByteFile(path);
  const write = (line: object): void =>
    file.write(Buffer.from(`${JSON.stringify(line)}\n`).toString("latin1"));
  write({ type: "proof", old: old.head, new: current.head });
  const bad: ProofException[] = [];
  const other: ProofException[] = [];
  let mailboxes = 0;
  const counts = await compareLedgers(old, current, {
    onException: (exception) => {
      write({ type: "exception", ...exception });
      const kept = failing.has(exception.difference) ? bad : other;
      if (kept.length < shownAtMost) kept.push(exception);
    },
    onMailbox: (mailbox, ofMailbox) => {
      mailboxes += 1;
      write({ type: "mailbox", mailbox, ...ofMailbox });
    },
  });
  const verdict = bad.length > 0 ? "failed" : other.length > 0 ? "complete" : "same";
  write({ type: "total", verdict, mailboxes, ...counts });
  file.finish();
  const [takenAt = ""] = [old.head.takenAt, current.head.takenAt].sort();
  const proven = { oldHost: old.head.host, newHost: current.head.host, takenAt };
  return { counts, mailboxes, first: [...bad, ...other].slice(0, shownAtMost), verdict, file: path, proven };
}

function summaryOf({ counts, mailboxes, verdict }: Comparison): string {
  const differing = Object.entries(counts).filter(([word, count]) => word !== "on-both" && count > 0);
  const told = differing.map(([word, count]) => `${count} ${word}`);
  const said = `${counts["on-both"]} messages of ${mailboxes} mailboxes are on both hosts`;
  const end = { same: "nothing differs", complete: "nothing is lost", failed: "the proof failed" }[verdict];
  return `${[said, ...told].join(", ")}: ${end}`;
}

function resultOf({ counts, mailboxes, first, verdict, file }: Comparison): JsonObject {
  const words = Object.entries(counts).map(([word, count]) => [word.replaceAll("-", "_"), count] as const);
  return {
    ...Object.fromEntries(words),
    mailboxes,
    verdict,
    exceptions: first.map((exception) => exceptionLine(exception)),
    file,
  };
}

/** Two empty directories are alike, too. */
function nothingProven({ proven }: Comparison): Failure {
  return new Failure(
    "proof-failed",
    `the ledgers of ${proven.oldHost} and ${proven.newHost} hold no mailbox at all: that proves nothing`,
    {
      next: "Is the mail root right (`path` of mail_ledger, vmail_directory of the roles)? Where there is no mail yet, say `allow_empty: true`.",
    },
  );
}

function proofFailed(proof: Comparison, summary: string): Failure {
  const lines = proof.first.map((exception) => `  ${exceptionLine(exception)}`);
  return new Failure("proof-failed", [summary, ...lines].join("\n"), {
    next: `Every exception stands in ${proof.file}. Do not open the new host; find the cause, then copy and prove again: the next copy compares both hosts file by file.`,
  });
}
