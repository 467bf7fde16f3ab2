import type { Proof } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import { type LookContext, lookingModule } from "../contract/module.ts";
import { drawProof, type ProofGrounds } from "../mail/proof-account.ts";
import { closed, word, yesOrNo } from "./argument-schemas.ts";
import { explainExtras, readExplained } from "./explain-extras.ts";
import { noteFailedProof } from "./failed-proof.ts";
import { type KeptProof, keepProof, proofLines, proofResult } from "./keep-proof.ts";
import { openLedger, readLedgerHead } from "./ledger-file.ts";

export interface MailProofArgs {
  readonly old: string;
  readonly new: string;
  readonly strict?: boolean;
  readonly allow_extra?: boolean;
  readonly allow_missing?: boolean;
  readonly allow_empty?: boolean;
  readonly explain_extra?: boolean;
  readonly expect_uids?: boolean;
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
      expect_uids: yesOrNo(
        "Old's server keeps UIDs beside the messages, as Dovecot does without control files elsewhere: folders with opened messages and no UIDVALIDITY are told. Their UIDs can't be compared.",
        false,
      ),
      explain_extra: yesOrNo(
        "Looks at each message on new alone, on this task's host, which must be new: whether it arrived since new was opened, by its file's time, or a user saved it there since, and its Message-ID. It decides nothing.",
        false,
      ),
      save_as: word(
        "The proof's name among the run's files: NAME.jsonl has all of it; NAME.csv the mailboxes and NAME-exceptions.csv what differs, for a spreadsheet; NAME.txt the summary. All of them but the tables tell what was not compared.",
      ),
    },
    { required: ["old", "new"] },
  ),

  async look(args, host, context) {
    const { strict = false, allow_extra = false, allow_missing = false, save_as = "proof" } = args;
    const uids = args.expect_uids === true ? { expectUids: true } : {};
    const rules = { strict, allowExtra: allow_extra, allowMissing: allow_missing, ...uids };
    const extras = args.explain_extra === true ? `${save_as}-extra.jsonl` : undefined;
    if (extras !== undefined) {
      await requireNew(args.new, host.name, context);
      await explainExtras({ old: args.old, current: args.new, host, name: extras }, context);
    }
    const proof = await proveInto(save_as, args, { rules, extras }, context);
    if (proof.mailboxes === 0 && !(args.allow_empty ?? false)) throw nothingProven(proof);
    if (proof.verdict === "failed") {
      await noteFailedProof(proof.summary, context);
      // A host that can't be asked now must not hide what was found.
      throw proofFailed(proof, await context.latches.isSet("new-opened").catch(() => false));
    }
    for (const note of proof.notes) context.notice(note);
    const proven = allow_missing ? undefined : proof.proven;
    return { result: proofResult(proof), message: proof.summary, proof: proven };
  },
});

interface LedgerProof extends KeptProof {
  /** Of which hosts, and of when. */
  readonly proven: Proof;
}

async function proveInto(
  name: string,
  args: MailProofArgs,
  { rules, extras }: Pick<ProofGrounds, "rules" | "extras">,
  context: LookContext,
): Promise<LedgerProof> {
  const [old, current] = await Promise.all([openLedger(args.old, context), openLedger(args.new, context)]);
  const grounds = { ledgers: { old: args.old, new: args.new }, rules, extras };
  const explanations = extras === undefined ? undefined : await readExplained(await context.runFile(extras));
  const kept = await keepProof(name, context, (sinks) =>
    drawProof(old, current, grounds, sinks, explanations),
  );
  const [takenAt = ""] = [old.head.takenAt, current.head.takenAt].sort();
  return {
    ...kept,
    proven: {
      oldHost: old.head.host,
      newHost: current.head.host,
      takenAt,
      root: plainRoot(current.head.root),
    },
  };
}

/** Its files are looked at under the paths of the new host's ledger. */
async function requireNew(ledger: string, host: string, context: LookContext): Promise<void> {
  const { host: wanted } = await readLedgerHead(ledger, context);
  if (wanted === host) return;
  throw new Failure("bad-input", `explain_extra looks at ${host}, and the ledger ${ledger} is of ${wanted}`, {
    host,
    next: `Run the task on ${wanted}.`,
  });
}

/** As copies name it: without a slash at its end. */
function plainRoot(root: string): string {
  return root.replace(/(.)\/+$/, "$1");
}

/** Two empty directories are alike, too. */
function nothingProven({ proven }: LedgerProof): Failure {
  return new Failure(
    "proof-failed",
    `the ledgers of ${proven.oldHost} and ${proven.newHost} hold no mailbox at all: that proves nothing`,
    {
      next: "Is the mail root right (`path` of mail_ledger, vmail_directory of the roles)? Where there is no mail yet, say `allow_empty: true`.",
    },
  );
}

function proofFailed(proof: KeptProof, isOpened: boolean): Failure {
  const way = isOpened
    ? "Nothing is copied over new's mail any more: put what is missing or altered there yourself, from old's files and under their names, then prove again."
    : "Do not open the new host; find the cause, then copy and prove again: the next copy compares both hosts file by file.";
  return new Failure("proof-failed", proofLines(proof), {
    next: `Every exception stands in ${proof.file}. ${way}`,
  });
}
