import { type ByteText, readable } from "../../mail/byte-text.ts";
import { readFolder } from "../../mail/folder-evidence.ts";
import { compareWithImap, imapNames } from "../../mail/imap-comparison.ts";
import type { ImapView } from "../../mail/imap-dialogue.ts";
import type { ImapNamespace } from "../../mail/imap-name.ts";
import { compareQuotas } from "../../mail/imap-quota.ts";
import type { LedgerFolder } from "../../mail/ledger.ts";
import type { LedgerReader } from "../../mail/ledger-reader.ts";
import { mailboxName } from "../../mail/maildir-folder.ts";
import {
  type Difference,
  exceptionLine,
  noCounts,
  type ProofCounts,
  type ProofException,
} from "../../mail/proof.ts";
import type { ByteFile } from "../ledger-file.ts";
import type { ImapSessions } from "./imap-sessions.ts";
import type { KeptQuotas, QuotaLine } from "./kept-quotas.ts";

/** One Maildir of the ledger with its user. */
interface UserMailbox {
  readonly user: string;
  readonly folders: readonly LedgerFolder[];
}

/** How a proof by IMAP judges. */
export interface ImapRules {
  readonly failing: ReadonlySet<Difference>;
  readonly exact: boolean;
  readonly expectUids: boolean;
  /** What limited users on old; undefined where no limits are compared. */
  readonly quotas: KeptQuotas | undefined;
}

/** Walks through a ledger with IMAP sessions beside it. Holds a few users at a time. */
export class ProofByImap {
  readonly counts: ProofCounts = noCounts();
  readonly seen = new Set<string>();
  readonly withoutUser: string[] = [];
  readonly failedSessions: { readonly user: string; readonly problem: string }[] = [];
  /** The first of those that are limited otherwise than on old. */
  readonly otherQuotas: string[] = [];
  /** Users of whom one host did not tell what limits them. */
  unknownQuotas = 0;
  folders = 0;
  readonly #out: ByteFile;
  readonly #rules: ImapRules;
  readonly #onChecked: (checked: { readonly doneItems: number }) => void;
  readonly #bad: ProofException[] = [];
  readonly #other: ProofException[] = [];
  #namespace: ImapNamespace = { prefix: "", separator: "." };

  constructor(out: ByteFile, rules: ImapRules, onChecked: (checked: { readonly doneItems: number }) => void) {
    this.#out = out;
    this.#rules = rules;
    this.#onChecked = onChecked;
  }

  get file(): string {
    return this.#out.path;
  }

  get failed(): boolean {
    return this.#bad.length > 0 || this.failedSessions.length > 0;
  }

  get verdict(): "same" | "complete" | "failed" {
    if (this.failed) return "failed";
    return this.#other.length > 0 ? "complete" : "same";
  }

  /** The first exceptions, those that make the proof fail before all others. */
  get first(): readonly ProofException[] {
    return [...this.#bad, ...this.#other].slice(0, keptAtMost);
  }

  /** `choose` says whose a Maildir is; undefined leaves it out. `users` are all that Dovecot lists. */
  async run(
    ledger: LedgerReader,
    sessions: ImapSessions,
    choose: (maildir: ByteText) => { readonly user: string | undefined } | undefined,
    users: readonly string[],
  ): Promise<void> {
    this.#write({ type: "proof", old: ledger.head });
    const batches = this.#batches(ledger, choose);
    // Sessions wait for the host's disk and user database more than for its processor.
    await Promise.all([1, 2, 3].map(() => this.#work(batches, sessions)));
    for await (const _file of ledger.files());
    ledger.summary();
    if (this.#rules.exact) await this.#checkOthers(sessions, users);
    this.#write({ type: "total", verdict: this.verdict, users: this.seen.size, ...this.counts });
    this.#out.finish();
  }

  summary(): string {
    const { counts } = this;
    const differing = Object.entries(counts).filter(([what, count]) => what !== "on-both" && count > 0);
    const told = differing.map(([what, count]) => `${count} ${what}`);
    if (this.failedSessions.length > 0) told.push(`${this.failedSessions.length} users without a session`);
    const said = `${counts["on-both"]} messages in ${this.folders} folders of ${this.seen.size} users seen by IMAP`;
    return [said, ...told].join(", ");
  }

  async #work(batches: AsyncGenerator<UserMailbox[]>, sessions: ImapSessions): Promise<void> {
    for (;;) {
      const { value: batch, done } = await batches.next();
      if (done) return;
      await this.#check(batch, sessions);
    }
  }

  async #check(batch: readonly UserMailbox[], sessions: ImapSessions): Promise<void> {
    const namespace = this.#namespace;
    const ask = (of: readonly UserMailbox[], by: ImapNamespace): Promise<ImapView[]> =>
      sessions.hold(of.map(({ user, folders }) => ({ user, names: imapNames(folders, by) })));
    const views = await ask(batch, namespace);
    for (const [index, mailbox] of batch.entries()) {
      const view = views[index];
      if (view === undefined) continue;
      const theirs = view.namespace ?? namespace;
      const isOther = theirs.prefix !== namespace.prefix || theirs.separator !== namespace.separator;
      if (isOther) this.#namespace = theirs;
      const [again] = isOther ? await ask([mailbox], theirs) : [];
      this.#compare(mailbox, again ?? view, theirs);
    }
    this.#onChecked({ doneItems: this.seen.size });
  }

  /** Users of whom old has no mailbox must have none on new either. */
  async #checkOthers(sessions: ImapSessions, users: readonly string[]): Promise<void> {
    const others = users.filter((user) => !this.seen.has(user)).map((user) => ({ user, folders: [] }));
    for (let at = 0; at < others.length; at += usersAtOnce) {
      await this.#check(others.slice(at, at + usersAtOnce), sessions);
    }
    for (const { user } of others) this.seen.delete(user);
  }

  #compare(mailbox: UserMailbox, view: ImapView, namespace: ImapNamespace): void {
    const { user, folders } = mailbox;
    const { exact, expectUids } = this.#rules;
    this.seen.add(user);
    this.folders += folders.length;
    if (view.problem !== undefined) {
      this.failedSessions.push({ user, problem: readable(view.problem) });
      this.#write({ type: "session-failed", user, problem: readable(view.problem) });
      return;
    }
    const keep = (exception: ProofException) => this.#keep(exception);
    const counts = compareWithImap(user, folders, view, namespace, keep, { exact, expectUids });
    if (!exact) counts["quota-differs"] = this.#compareQuota(mailbox, view);
    for (const word of Object.keys(counts) as (keyof ProofCounts)[]) this.counts[word] += counts[word];
    this.#write({ type: "mailbox", mailbox: user, ...counts });
  }

  /** Writes down what limits a user, for a later proof too, and gives back how many limits are not what they were on old. */
  #compareQuota({ user, folders }: UserMailbox, { quota }: ImapView): number {
    const maildir = readable(folders[0]?.maildir ?? "");
    const line: QuotaLine = { type: "quota", mailbox: user, maildir, limits: quota ?? null };
    this.#write(line);
    if (this.#rules.quotas === undefined) return 0;
    const old = this.#rules.quotas.get(maildir);
    if (old === undefined || quota === undefined) {
      this.unknownQuotas += 1;
      return 0;
    }
    const found = compareQuotas(old, quota);
    for (const { resource, ...sides } of found) {
      const exception = { difference: "quota-differs", mailbox: user, name: resource, ...sides } as const;
      this.#keep(exception);
      if (this.otherQuotas.length < keptAtMost) this.otherQuotas.push(exceptionLine(exception));
    }
    return found.length;
  }

  #keep(exception: ProofException): void {
    this.#write({ type: "exception", ...exception });
    const kept = this.#rules.failing.has(exception.difference) ? this.#bad : this.#other;
    if (kept.length < keptAtMost) kept.push(exception);
  }

  /** Users in groups that make one round trip each. */
  async *#batches(
    ledger: LedgerReader,
    choose: (maildir: ByteText) => { readonly user: string | undefined } | undefined,
  ): AsyncGenerator<UserMailbox[]> {
    let batch: UserMailbox[] = [];
    let messages = 0;
    for await (const folders of maildirsOf(ledger)) {
      const maildir = folders[0]?.maildir ?? "";
      const chosen = choose(maildir);
      if (chosen === undefined) continue;
      if (chosen.user === undefined) {
        this.withoutUser.push(readable(mailboxName(maildir)));
        continue;
      }
      batch.push({ user: chosen.user, folders });
      messages += folders.reduce((sum, folder) => sum + folder.messages.length, 0);
      if (batch.length < usersAtOnce && messages < messagesAtOnce) continue;
      yield batch;
      batch = [];
      messages = 0;
    }
    if (batch.length > 0) yield batch;
  }

  #write(line: object): void {
    this.#out.write(Buffer.from(`${JSON.stringify(line)}\n`).toString("latin1"));
  }
}

const keptAtMost = 20;
const usersAtOnce = 20;
const messagesAtOnce = 20_000;

/** The folders of the ledger, those of one Maildir together. */
async function* maildirsOf(ledger: LedgerReader): AsyncGenerator<LedgerFolder[]> {
  let folders: LedgerFolder[] = [];
  for await (const evidence of ledger.folders()) {
    const folder = readFolder(evidence);
    if (folders.length > 0 && folders[0]?.maildir !== folder.maildir) {
      yield folders;
      folders = [];
    }
    folders.push(folder);
  }
  if (folders.length > 0) yield folders;
}
