import { Failure } from "../../contract/errors.ts";
import type { JsonObject } from "../../contract/json.ts";
import { lookingModule } from "../../contract/module.ts";
import { uidlMaker } from "../../mail/pop3-uidl.ts";
import { absolutePath, closed, word, yesOrNo } from "../argument-schemas.ts";
import { findUsers, listUsers } from "../doveadm/mailbox-users.ts";
import { ByteFile, openLedger } from "../ledger-file.ts";
import { ProofByPop3, pop3Sessions } from "./proof-by-pop3.ts";

export interface Pop3ProofArgs {
  readonly ledger: string;
  readonly uidl_format: string;
  readonly path?: string;
  readonly allow_missing?: boolean;
  readonly save_as?: string;
}

/** Proves by POP3 that clients on new know the messages that they have from old. */
export const pop3Proof = lookingModule<Pop3ProofArgs>({
  name: "pop3_proof",
  isGuard: true,
  description:
    "Lists the unique ids (UIDL) of every user's INBOX by POP3 on this host, without passwords and changing nothing, and looks among them for those by which old showed the messages of its ledger: a client loads a message again whose id it does not find.",
  args: closed(
    {
      ledger: word("The old host's ledger, as mail_ledger saved it."),
      uidl_format: word(
        "How old's Dovecot makes the ids: its `pop3_uidl_format`, as dovecot_pop3 registers it.",
      ),
      path: absolutePath("The mail root on this host; that of the ledger by default."),
      allow_missing: yesOrNo("Messages that are gone, or have other ids, are told and let pass.", false),
      save_as: word("The proof's name among the run's files: NAME.jsonl."),
    },
    { required: ["ledger", "uidl_format"] },
  ),

  async look(
    { ledger: name, uidl_format, path, allow_missing = false, save_as = "pop3-proof" },
    host,
    context,
  ) {
    const uidlOf = uidlMaker(uidl_format);
    if (uidlOf === undefined) throw unknownFormat(uidl_format, host.name);
    const ledger = await openLedger(name, context);
    const [sessions, users] = await Promise.all([pop3Sessions(host, context.signal), listUsers(host)]);
    const userOf = await findUsers(users, path ?? ledger.head.root, host);
    const proof = new ProofByPop3(
      new ByteFile(await context.runFile(`${save_as}.jsonl`)),
      uidlOf,
      (checked) => context.progress({ ...checked, unit: "users" }),
    );
    await proof.run(ledger, sessions, userOf);
    if (proof.users === 0) throw nobodySeen(host.name);
    const failed = proof.failedSessions > 0 || (proof.missing > 0 && !allow_missing);
    if (failed) throw proofFailed(proof, host.name);
    return { result: resultOf(proof), message: proof.summary() };
  },
});

function resultOf(proof: ProofByPop3): JsonObject {
  const { users, onBoth, missing, extra, file } = proof;
  return { users, messages: onBoth, missing, extra, verdict: proof.verdict, file };
}

function proofFailed(proof: ProofByPop3, host: string): Failure {
  return new Failure("proof-failed", [proof.summary(), ...proof.first].join("\n"), {
    host,
    next: `Every exception stands in ${proof.file}. When all ids of a user are missing, compare pop3_uidl_format on both hosts.`,
  });
}

function nobodySeen(host: string): Failure {
  return new Failure("task-failed", `the ledger has no mailbox of any user of Dovecot on ${host}`, {
    host,
    next: "Compare the mail root (path) with the homes that `doveadm user` tells.",
  });
}

function unknownFormat(format: string, host: string): Failure {
  return new Failure("bad-input", `which ids ${format} makes can't be told from a ledger`, {
    host,
    next: "Leave this proof out where dovecot_pop3 does not register `provable`, and compare what UIDL lists on both hosts for a user.",
  });
}
