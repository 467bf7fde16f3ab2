import { Failure } from "../../contract/errors.ts";
import { type LookContext, lookingModule } from "../../contract/module.ts";
import type { ProofRules } from "../../mail/proof.ts";
import { accountFor } from "../../mail/proof-account.ts";
import { closed, given, word, yesOrNo } from "../argument-schemas.ts";
import { noteFailedProof } from "../failed-proof.ts";
import { type KeptProof, keepProof, proofLines, proofResult } from "../keep-proof.ts";
import { quotaNotices } from "../quota-notices.ts";
import { type AccountWords, accountWords, readAccounts } from "./accounts.ts";
import { backWord, type DirectionWords, turned, waysOf } from "./direction.ts";
import { type FolderWords, folderWords, mapperOf } from "./folder-words.ts";
import { withServers } from "./mail-servers.ts";
import { ProofOfCopies } from "./proof-of-copies.ts";
import { insideWords, placeOf, type ServerWords, serverWords } from "./server-words.ts";

export interface ImapCopyProofArgs extends AccountWords, FolderWords, DirectionWords {
  readonly strict?: boolean;
  readonly allow_extra?: boolean;
  readonly allow_missing?: boolean;
  readonly allow_empty?: boolean;
  readonly connections?: number;
  readonly save_as?: string;
}

/** Proves that what users have on one IMAP server they have on another, too. */
export const imapCopyProof = lookingModule<ImapCopyProofArgs>({
  name: "imap_copy_proof",
  isGuard: true,
  description:
    "Compares mailboxes on two IMAP servers folder by folder, as `imap_copy` copies them: every message by its Message-ID (or a hash of its headers) and size, flags, folders, subscriptions; and what limits users (quota), where both servers tell, which is told and never fails. Fails (exit code 5) as `mail_proof` does, and stands for it before the latch `new-opened`, of the hosts of the inventory whose addresses `old` and `new` name. With `back` it proves that what new has is on old, and stands for `mail_merge_proof` before that latch is lifted. It proves the mailboxes that it is told, and no others.",
  args: closed(
    {
      old: serverWords("The server that was copied from."),
      new: serverWords("The server that was copied to."),
      ...accountWords,
      ...folderWords,
      new_inside: insideWords,
      back: backWord,
      strict: yesOrNo("Flags, folders and subscriptions must agree too, and nothing may be extra.", false),
      allow_extra: yesOrNo("With strict: messages on new alone are fine.", false),
      allow_missing: yesOrNo(
        "Messages on old alone are told and let pass, when users already delete mail on new.",
        false,
      ),
      allow_empty: yesOrNo(
        "There is no message at all yet. Otherwise that says that something is wrong.",
        false,
      ),
      connections: {
        type: "integer",
        minimum: 1,
        maximum: 64,
        default: 4,
        description: "So many users at once.",
      },
      save_as: word(
        "The proof's name among the run's files; `imap-copy-proof` otherwise. They are those of mail_proof.",
      ),
    },
    { required: ["old", "new"], anyOf: [given("users"), given("users_file")] },
  ),

  async look(args, host, context) {
    const { strict = false, allow_extra = false, allow_missing = false, connections = 4 } = args;
    const rules: ProofRules = { strict, allowExtra: allow_extra, allowMissing: allow_missing };
    const isBack = args.back ?? false;
    const ways = waysOf(args);
    const accounts = turned(await readAccounts(args, context), isBack);
    const takenAt = new Date().toISOString();
    const oldHost = await hostAt(args.old, "old", context);
    const newHost = await hostAt(args.new, "new", context);
    const unseen: string[] = [];
    const notices: string[] = [];
    const head = { of: { old: placeOf(ways.old), new: placeOf(ways.new) }, takenAt };
    const proof = await keepProof(args.save_as ?? "imap-copy-proof", context, (sinks) =>
      withServers(ways, host, context, (servers) =>
        accountFor(head, rules, sinks, async (listener) => {
          const between = [placeOf(ways.old), placeOf(ways.new)] as const;
          const mapping = { between, mapFolders: mapperOf(args, isBack), isBack, context };
          const proving = new ProofOfCopies(servers, mapping, listener, context);
          await proving.run(accounts, connections);
          unseen.push(...proving.unseen);
          const differing = proving.counts["quota-differs"];
          notices.push(...quotaNotices({ differing, shown: proving.quotas, unknown: proving.unknownQuotas }));
          return proving.counts;
        }),
      ),
    );
    if (unseen.length > 0 || proof.verdict === "failed") {
      await noteFailedProof(proof.summary, context);
      throw proofFailed(proof, unseen);
    }
    if (proof.counts["on-both"] === 0 && !(args.allow_empty ?? false)) throw nothingProven(accounts.length);
    // What limits users on new is not carried back.
    for (const text of isBack ? [] : notices) context.notice(text);
    return {
      result: proofResult(proof),
      message: proof.summary,
      proof: allow_missing ? undefined : { oldHost, newHost, takenAt, ...(isBack ? { isBack } : {}) },
    };
  },
});

/** The host of the inventory that has this address; where none has, the proof is of nothing in the inventory. */
async function hostAt(
  { address }: ServerWords,
  side: "old" | "new",
  { sides, peer }: Pick<LookContext, "sides" | "peer">,
): Promise<string> {
  for (const name of sides[side]) {
    if (name === address || (await peer(name)).address === address) return name;
  }
  return address;
}

function proofFailed(proof: KeptProof, unseen: readonly string[]): Failure {
  const lines = unseen.map((user) => `  not seen: ${user}`);
  return new Failure("proof-failed", [proofLines(proof), ...lines].join("\n"), {
    next: `Every exception stands in ${proof.file}. Do not open the new host; find the cause, then copy and prove again.`,
  });
}

function nothingProven(users: number): Failure {
  return new Failure(
    "proof-failed",
    `the mailboxes of ${users} users hold no message at all: that proves nothing`,
    {
      next: "Are these the right users, folders and servers? Where there is no mail yet, say `allow_empty: true`.",
    },
  );
}
