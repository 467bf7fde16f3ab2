import type { LookContext } from "../../contract/module.ts";
import { compareCopies, type ShownMessage } from "../../mail/copy-comparison.ts";
import type { FolderPair } from "../../mail/imap-folder-map.ts";
import type { ComparisonListener } from "../../mail/ledger-comparison.ts";
import { exceptionLine, noCounts, type ProofCounts, type ProofException } from "../../mail/proof.ts";
import type { Account } from "./accounts.ts";
import { wordsOf } from "./copy-user.ts";
import { listMessages, markMessages } from "./list-messages.ts";
import type { MailServers } from "./mail-servers.ts";
import { ConnectionLost, MailboxPair } from "./mailbox-pair.ts";
import { type Mapping, mapMailbox } from "./map-mailbox.ts";
import { type NoteContext, openNote } from "./note-file.ts";
import { refuseOneMailbox } from "./one-mailbox.ts";
import { Places } from "./places.ts";
import { compareUserQuotas } from "./user-quotas.ts";

/** How often the mailbox of a user is looked at before it counts as one that can't be seen. */
const attemptsAtMost = 3;

/** Compares mailboxes on two servers, several users at once. What is found of one user is told together. */
export class ProofOfCopies {
  readonly counts = noCounts();
  /** Who could not be looked at, and why. */
  readonly unseen: string[] = [];
  /** What differs between the limits of both servers (quota), for people. */
  readonly quotas: string[] = [];
  /** Of how many users one of both servers told no limits. */
  unknownQuotas = 0;
  readonly #servers: MailServers;
  readonly #mapping: Mapping;
  readonly #listener: ComparisonListener;
  readonly #context: NoteContext & Pick<LookContext, "progress">;
  #users = 0;

  constructor(
    servers: MailServers,
    mapping: Mapping,
    listener: ComparisonListener,
    context: NoteContext & Pick<LookContext, "progress">,
  ) {
    this.#servers = servers;
    this.#mapping = mapping;
    this.#listener = listener;
    this.#context = context;
  }

  async run(accounts: readonly Account[], atOnce: number): Promise<void> {
    const places = new Places(atOnce);
    await Promise.all(
      accounts.map(async (account) => {
        await places.take();
        try {
          await this.#prove(account);
        } finally {
          places.give();
        }
      }),
    );
  }

  async #prove(account: Account): Promise<void> {
    const user = account.current.user;
    for (let attempt = 1; ; attempt++) {
      const exceptions: ProofException[] = [];
      try {
        const counts = await this.#compare(account, (exception) => exceptions.push(exception));
        for (const exception of exceptions) {
          this.#listener.onException(exception);
          if (exception.difference === "quota-differs") this.quotas.push(exceptionLine(exception));
        }
        this.#listener.onMailbox(user, counts);
        addTo(this.counts, counts);
        this.#context.progress({ doneItems: ++this.#users, unit: "users" });
        return;
      } catch (error) {
        this.#context.signal.throwIfAborted();
        if (error instanceof ConnectionLost && attempt < attemptsAtMost) continue;
        this.unseen.push(`${user}: ${wordsOf(error)}`);
        return;
      }
    }
  }

  async #compare(account: Account, onException: (exception: ProofException) => void): Promise<ProofCounts> {
    const pair = await MailboxPair.open(this.#servers, account);
    try {
      return await pair.attempt(async () => {
        const map = await mapMailbox(pair, account, this.#mapping);
        const counts = noCounts();
        for (const folder of map.pairs) {
          addTo(counts, await this.#compareFolder(pair, folder, account, onException));
        }
        counts["quota-differs"] = await this.#compareQuotas(pair, account, onException);
        return counts;
      });
    } finally {
      await pair.close();
    }
  }

  /** Gives how many limits are not what they are on old. */
  async #compareQuotas(
    pair: MailboxPair,
    { current: { user: mailbox } }: Account,
    onException: (exception: ProofException) => void,
  ): Promise<number> {
    const found = await compareUserQuotas(pair);
    if (found === undefined) this.unknownQuotas += 1;
    for (const { resource, ...sides } of found ?? []) {
      onException({ difference: "quota-differs", mailbox, name: resource, ...sides });
    }
    return found?.length ?? 0;
  }

  async #compareFolder(
    pair: MailboxPair,
    folder: FolderPair,
    account: Account,
    onException: (exception: ProofException) => void,
  ): Promise<ProofCounts> {
    const { old, name, newPath, existing } = folder;
    const mailbox = account.current.user;
    const isThere = existing?.isSelectable === true;
    const before = await pair.old.mailboxOpen(old.path, { readOnly: true });
    if (isThere) {
      const after = await pair.current.mailboxOpen(newPath, { readOnly: true });
      const work = { between: this.#mapping.between, context: this.#context };
      const note = await openNote(account, folder, { old: before, current: after }, work);
      if (note.copied.size === 0) refuseOneMailbox(pair.old, pair.current);
    }
    const [originals, copies] = await Promise.all([
      shownMessages(pair.old),
      isThere ? shownMessages(pair.current) : [],
    ]);
    const counts = compareCopies({ mailbox, folder: name, old: originals, current: copies }, onException);
    const except = (difference: "folder-missing" | "subscription-missing"): void => {
      counts[difference] += 1;
      onException({ difference, mailbox, folder: name, name });
    };
    if (!isThere) except("folder-missing");
    else if (old.isSubscribed && !existing.isSubscribed) except("subscription-missing");
    return counts;
  }
}

async function shownMessages(client: MailboxPair["old"]): Promise<ShownMessage[]> {
  const seen = await listMessages(client);
  const flags = new Map(seen.map((message) => [message.uid, message.flags]));
  const marked = await markMessages(client, seen);
  return marked.map((message) => ({ ...message, flags: flags.get(message.uid) ?? [] }));
}

function addTo(sum: ProofCounts, counts: ProofCounts): void {
  for (const word of Object.keys(sum) as (keyof ProofCounts)[]) sum[word] += counts[word];
}
