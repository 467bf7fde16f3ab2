import { Failure } from "../../contract/errors.ts";
import type { JsonObject } from "../../contract/json.ts";
import { type LookContext, lookingModule } from "../../contract/module.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { type Difference, exceptionLine } from "../../mail/proof.ts";
import { unknownUidsNote } from "../../mail/proof-notes.ts";
import { absolutePath, closed, whenIs, word, yesOrNo } from "../argument-schemas.ts";
import { findUsers, listUsers } from "../doveadm/mailbox-users.ts";
import { noteFailedProof } from "../failed-proof.ts";
import { ByteFile, openLedger } from "../ledger-file.ts";
import { quotaNotices } from "../quota-notices.ts";
import { ImapSessions } from "./imap-sessions.ts";
import { readKeptQuotas } from "./kept-quotas.ts";
import { ProofByImap } from "./proof-by-imap.ts";

export interface ImapProofArgs {
  readonly ledger: string;
  readonly path?: string;
  readonly users?: readonly string[];
  readonly strict?: boolean;
  readonly allow_missing?: boolean;
  readonly exact?: boolean;
  readonly allow_without_user?: boolean;
  readonly expect_uids?: boolean;
  readonly quotas?: string;
  readonly config?: string;
  readonly save_as?: string;
}

/** Proves by IMAP that clients find on new what they had on old. */
export const imapProof = lookingModule<ImapProofArgs>({
  name: "imap_proof",
  isGuard: true,
  description:
    "Opens every folder of every user by IMAP on this host, read-only and without passwords, and compares UIDVALIDITY, UIDs, flags and subscriptions with the old host's ledger, and what limits users (quota) with what it found on old; with `exact` it is a proof that allows `new-opened`, where new keeps its mail in another format.",
  args: closed(
    {
      ledger: word("The old host's ledger, as mail_ledger saved it."),
      path: absolutePath("The mail root on this host; that of the ledger by default."),
      users: {
        type: "array",
        minItems: 1,
        items: { type: "string", minLength: 1 },
        description: "Only these users.",
      },
      strict: yesOrNo("Flags, subscriptions and quotas must agree too.", true),
      allow_missing: yesOrNo("Messages and folders that are gone are told and let pass.", false),
      exact: yesOrNo(
        "Each message must be the same by GUID and size too, new must have no message and no folder with messages more, and no mailbox may be without a user. Then it is a proof, as mail_proof is.",
        false,
      ),
      allow_without_user: yesOrNo(
        "With exact: mailboxes of old that belong to no user of Dovecot are told and let pass.",
        false,
      ),
      expect_uids: yesOrNo(
        "As in mail_proof: folders of old are told whose UIDs its ledger does not tell.",
        false,
      ),
      quotas: word(
        "What a proof by imap_proof was saved as that asked old's Dovecot: users must have its limits (GETQUOTAROOT of IMAP), and none may have more than fits who had not on old. How much of it they use is not compared.",
      ),
      config: absolutePath("The configuration file of the Dovecot that is asked; its usual one by default."),
      save_as: word("The proof's name among the run's files: NAME.jsonl."),
    },
    {
      required: ["ledger"],
      allOf: [
        whenIs("exact", true, {
          limits: { strict: { const: true }, allow_missing: { const: false } },
          forbids: ["users", "quotas"],
        }),
      ],
      dependencies: { allow_without_user: ["exact"] },
    },
  ),

  async look(args, host, context) {
    const { exact = false, config } = args;
    const ledger = await openLedger(args.ledger, context);
    const [sessions, users] = await Promise.all([
      ImapSessions.prepare(host, context.signal, { config, exact }),
      listUsers(host, config),
    ]);
    const userOf = await findUsers(users, args.path ?? ledger.head.root, host, config);
    const quotas = args.quotas === undefined ? undefined : await readKeptQuotas(args.quotas, context);
    const wanted = args.users === undefined ? undefined : new Set(args.users);
    const proof = new ProofByImap(
      new ByteFile(await context.runFile(`${args.save_as ?? "imap-proof"}.jsonl`)),
      { failing: failingByImap(args), exact, expectUids: args.expect_uids ?? false, quotas },
      (checked) => context.progress({ ...checked, unit: "users" }),
    );
    const choose = (maildir: ByteText) => {
      const user = userOf(maildir);
      return wanted === undefined || (user !== undefined && wanted.has(user)) ? { user } : undefined;
    };
    await proof.run(ledger, sessions, choose, users);
    tellMissingUsers(wanted, proof, host.name);
    const summary = proof.summary();
    const orphans = exact && !(args.allow_without_user ?? false) ? proof.withoutUser : [];
    if (proof.failed || orphans.length > 0) {
      if (exact) await noteFailedProof(summary, context);
      throw proofFailed(proof, orphans, summary, host.name);
    }
    const unknownUids = unknownUidsNote(proof.counts["uids-unknown"]);
    if (unknownUids !== undefined) context.notice(unknownUids);
    if (proof.withoutUser.length > 0) tellOrphans(proof.withoutUser, context);
    if (args.quotas !== undefined) tellQuotas(proof, quotas !== undefined, context);
    const { host: oldHost, takenAt } = ledger.head;
    // A ledger of a copy on this host says nothing of old.
    const proven = exact && oldHost !== host.name ? { oldHost, newHost: host.name, takenAt } : undefined;
    return { result: resultOf(proof), message: summary, proof: proven };
  },
});

function failingByImap(args: ImapProofArgs): ReadonlySet<Difference> {
  const { strict = true, allow_missing = false, exact = false } = args;
  return new Set<Difference>([
    ...(["uidvalidity-differs", "uid-differs"] as const),
    ...(allow_missing ? [] : (["missing", "folder-missing"] as const)),
    ...(strict ? (["flags-differ", "subscription-missing", "quota-differs"] as const) : []),
    ...(exact ? (["altered", "extra", "folder-extra"] as const) : []),
  ]);
}

function tellMissingUsers(wanted: ReadonlySet<string> | undefined, proof: ProofByImap, host: string): void {
  const unseen = [...(wanted ?? [])].filter((user) => !proof.seen.has(user));
  if (unseen.length === 0 && proof.seen.size > 0) return;
  const who = unseen.length > 0 ? `no mailbox of ${unseen.join(", ")}` : "no mailbox of any user of Dovecot";
  throw new Failure("task-failed", `the ledger has ${who} on ${host}`, {
    host,
    next: "Compare the mail root (path) with the homes that `doveadm user` tells.",
  });
}

/** A mailbox whose account is gone is seen by nobody, neither on old nor on new. */
function tellOrphans(mailboxes: readonly string[], context: LookContext): void {
  const shown = mailboxes.slice(0, 5).join(", ");
  context.notice(
    `${mailboxes.length} mailboxes belong to no user of Dovecot and can't be seen by IMAP: ${shown}`,
  );
}

/** Where they are let pass, or were not compared. */
function tellQuotas(proof: ProofByImap, isOldKnown: boolean, context: LookContext): void {
  const differing = proof.counts["quota-differs"];
  const unknown = isOldKnown ? proof.unknownQuotas : 0;
  for (const text of quotaNotices({ differing, shown: proof.otherQuotas, unknown })) context.notice(text);
  if (!isOldKnown) {
    context.notice("What limits users (quota) was not compared: old was not asked by IMAP while it worked.");
  }
}

function resultOf(proof: ProofByImap): JsonObject {
  const { counts } = proof;
  return {
    users: proof.seen.size,
    folders: proof.folders,
    messages: counts["on-both"],
    missing: counts.missing,
    folders_missing: counts["folder-missing"],
    uidvalidity_differs: counts["uidvalidity-differs"],
    uid_differs: counts["uid-differs"],
    uids_unknown: counts["uids-unknown"],
    flags_differ: counts["flags-differ"],
    subscriptions_missing: counts["subscription-missing"],
    quotas_differ: counts["quota-differs"],
    extra: counts.extra,
    altered: counts.altered,
    mailboxes_without_user: proof.withoutUser.length,
    verdict: proof.verdict,
    exceptions: proof.first.map((exception) => exceptionLine(exception)),
    file: proof.file,
  };
}

function proofFailed(proof: ProofByImap, orphans: readonly string[], summary: string, host: string): Failure {
  const lines = [
    ...orphans.map((mailbox) => `  ${mailbox}: no user of Dovecot has this mailbox, and nobody would see it`),
    ...proof.failedSessions.map(({ user, problem }) => `  ${user}: no whole IMAP session: ${problem}`),
    ...proof.first.map((exception) => `  ${exceptionLine(exception)}`),
  ];
  return new Failure("proof-failed", [summary, ...lines.slice(0, 20)].join("\n"), {
    host,
    next:
      orphans.length > 0
        ? "Make accounts for these mailboxes, or let them stay behind: `allow_without_user: true`."
        : `Every exception stands in ${proof.file}.`,
  });
}
