import type { HostReader } from "../../contract/host.ts";
import { type ByteText, readable } from "../../mail/byte-text.ts";
import { readFolder } from "../../mail/folder-evidence.ts";
import type { LedgerReader } from "../../mail/ledger-reader.ts";
import { parseUidlDialogue, type UidlMaker, type UidlView, uidlDialogue } from "../../mail/pop3-uidl.ts";
import { DovecotSessions } from "../doveadm/dovecot-sessions.ts";
import type { UserFinder } from "../doveadm/mailbox-users.ts";
import type { ByteFile } from "../ledger-file.ts";

/** POP3 sessions that leave no trace: no message becomes a seen one, no id is kept, and no client is locked out. */
export function pop3Sessions(host: HostReader, signal: AbortSignal): Promise<DovecotSessions> {
  const settings = ["pop3_no_flag_updates=yes", "pop3_save_uidl=no", "pop3_lock_session=no"];
  return DovecotSessions.prepare(host, signal, { name: "pop3", settings });
}

/** A user, and the ids by which old showed the messages of the INBOX. */
interface Inbox {
  readonly user: string;
  readonly uidls: readonly { readonly base: ByteText; readonly uidl: ByteText }[];
}

/** Walks through a ledger with POP3 sessions beside it. Holds a few users at a time. */
export class ProofByPop3 {
  users = 0;
  onBoth = 0;
  missing = 0;
  /** Messages that old's ledger does not know, or that had no UID yet. */
  extra = 0;
  failedSessions = 0;
  /** The first exceptions, each a line. */
  readonly first: string[] = [];
  readonly #out: ByteFile;
  readonly #uidlOf: UidlMaker;
  readonly #onChecked: (checked: { readonly doneItems: number }) => void;

  constructor(
    out: ByteFile,
    uidlOf: UidlMaker,
    onChecked: (checked: { readonly doneItems: number }) => void,
  ) {
    this.#out = out;
    this.#uidlOf = uidlOf;
    this.#onChecked = onChecked;
  }

  get file(): string {
    return this.#out.path;
  }

  get verdict(): "same" | "complete" | "failed" {
    if (this.failedSessions > 0 || this.missing > 0) return "failed";
    return this.extra > 0 ? "complete" : "same";
  }

  /** Mailboxes that are nobody's are left to the proof by IMAP. */
  async run(ledger: LedgerReader, sessions: DovecotSessions, userOf: UserFinder): Promise<void> {
    this.#write({ type: "proof", old: ledger.head });
    let batch: Inbox[] = [];
    for await (const inbox of this.#inboxes(ledger, userOf)) {
      batch.push(inbox);
      if (batch.length < usersAtOnce) continue;
      await this.#check(batch, sessions);
      batch = [];
    }
    if (batch.length > 0) await this.#check(batch, sessions);
    for await (const _file of ledger.files());
    ledger.summary();
    const { users, onBoth, missing, extra } = this;
    this.#write({ type: "total", verdict: this.verdict, users, "on-both": onBoth, missing, extra });
    this.#out.finish();
  }

  summary(): string {
    const told = [
      ...(this.missing > 0 ? [`${this.missing} missing`] : []),
      ...(this.extra > 0 ? [`${this.extra} extra`] : []),
      ...(this.failedSessions > 0 ? [`${this.failedSessions} users without a session`] : []),
    ];
    return [`${this.onBoth} messages of ${this.users} users known by POP3`, ...told].join(", ");
  }

  async *#inboxes(ledger: LedgerReader, userOf: UserFinder): AsyncGenerator<Inbox> {
    for await (const evidence of ledger.folders()) {
      if (evidence.directory !== "") continue;
      const user = userOf(evidence.maildir);
      if (user === undefined) continue;
      const { messages, uidValidity } = readFolder(evidence);
      const uidls = messages.flatMap((message) => {
        const uidl = this.#uidlOf({ ...message, uidValidity });
        return uidl === undefined ? [] : [{ base: message.base, uidl }];
      });
      yield { user, uidls };
    }
  }

  async #check(batch: readonly Inbox[], sessions: DovecotSessions): Promise<void> {
    const answers = await sessions.hold(batch.map(({ user }) => ({ user, dialogue: uidlDialogue })));
    for (const [index, inbox] of batch.entries()) {
      this.#compare(inbox, parseUidlDialogue(answers[index] ?? ""));
    }
    this.#onChecked({ doneItems: this.users });
  }

  #compare({ user, uidls }: Inbox, view: UidlView): void {
    this.users += 1;
    if (view.problem !== undefined) {
      this.failedSessions += 1;
      this.#except({ type: "session-failed", user, problem: readable(view.problem) });
      return;
    }
    const missing = uidls.filter(({ uidl }) => !view.uidls.has(uidl));
    for (const { base, uidl } of missing) {
      this.#except({ type: "exception", difference: "missing", user, name: readable(base), uidl });
    }
    const known = uidls.length - missing.length;
    this.onBoth += known;
    this.missing += missing.length;
    this.extra += Math.max(0, view.count - known);
    this.#write({ type: "mailbox", mailbox: user, "on-both": known, missing: missing.length });
  }

  #except(exception: Readonly<Record<string, string>>): void {
    this.#write(exception);
    if (this.first.length >= keptAtMost) return;
    const { user, problem, name, uidl } = exception;
    this.first.push(
      problem === undefined
        ? `  missing: ${user} ${name}: no message has the id ${uidl}`
        : `  ${user}: no whole POP3 session: ${problem}`,
    );
  }

  #write(line: object): void {
    this.#out.write(Buffer.from(`${JSON.stringify(line)}\n`).toString("latin1"));
  }
}

const keptAtMost = 20;
const usersAtOnce = 20;
