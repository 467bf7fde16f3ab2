import type { MailRecord } from "../sender/log.ts";
import type { FoundIds } from "./collect-ids.ts";
import type { Snapshot } from "./snapshot.ts";

/** A mail that should be in a mailbox, and how often it is there. */
export interface Entry {
  readonly id: string;
  readonly mailbox: string;
  readonly copies: number;
}

/** The balance of a migration. `lost`, `doubled` and `stray` are empty when it went well. */
export interface Verdict {
  /** Mails by what the senders know of them. */
  readonly accepted: number;
  readonly refused: number;
  /** Outcome never known. */
  readonly unknown: number;
  /** Never accepted by anybody. */
  readonly waiting: number;
  /** Mails times mailboxes that must be on the new host, and those that are there exactly once. */
  readonly expected: number;
  readonly deliveredOnce: number;
  readonly lost: readonly Entry[];
  /** There more often than any attempt can explain. */
  readonly doubled: readonly Entry[];
  /** There more than once, but an attempt of unknown outcome explains it. */
  readonly doubledByUnknown: readonly Entry[];
  /** In a mailbox that it was not meant for, or refused or never accepted and there all the same. */
  readonly stray: readonly Entry[];
  /** Messages that old held before, and those of them that new lacks. */
  readonly heldBefore: number;
  readonly lostFromBefore: readonly Entry[];
  /** Nothing lost, nothing doubled, nothing astray. */
  readonly good: boolean;
}

export interface AccountingInput {
  /** The records of every sender's log. */
  readonly sent: Iterable<MailRecord>;
  /** What old held before the migration. */
  readonly before?: Snapshot | undefined;
  /** What new holds; all ids, or at least those of the senders and of `before`. */
  readonly found: FoundIds;
}

/** Compares what senders handed over, and what old held, with what new has. Queues must be empty by now. */
export function accountFor({ sent, before, found }: AccountingInput): Verdict {
  const states = { accepted: 0, refused: 0, unknown: 0, waiting: 0 };
  const sums = { expected: 0, deliveredOnce: 0 };
  const lists = {
    lost: [] as Entry[],
    doubled: [] as Entry[],
    doubledByUnknown: [] as Entry[],
    stray: [] as Entry[],
  };
  for (const record of sent) {
    states[record.state] += 1;
    const copies = found.get(record.id) ?? new Map<string, number>();
    for (const mailbox of new Set(record.finals)) {
      const entry = { id: record.id, mailbox, copies: copies.get(mailbox) ?? 0 };
      const place = judge(record, entry.copies);
      if (record.state === "accepted") sums.expected += 1;
      if (place === "once") sums.deliveredOnce += 1;
      else if (place !== "fine") lists[place].push(entry);
    }
    lists.stray.push(...elsewhere(record, copies));
  }
  const old = before === undefined ? { heldBefore: 0, lostFromBefore: [] } : accountForOld(before, found);
  const wrong = lists.lost.length + lists.doubled.length + lists.stray.length + old.lostFromBefore.length;
  return { ...states, ...sums, ...lists, ...old, good: wrong === 0 };
}

/** How one mailbox stands with one mail. */
function judge(
  record: MailRecord,
  copies: number,
): "once" | "fine" | "lost" | "doubled" | "doubledByUnknown" | "stray" {
  const accepted = record.state === "accepted";
  const most = record.unknownAttempts + (accepted ? 1 : 0);
  if (copies > most) return accepted || record.state === "unknown" ? "doubled" : "stray";
  if (accepted && copies === 0) return "lost";
  if (copies > 1) return "doubledByUnknown";
  return accepted ? "once" : "fine";
}

function elsewhere(record: MailRecord, copies: ReadonlyMap<string, number>): readonly Entry[] {
  const others = [...copies].filter(([mailbox]) => !record.finals.includes(mailbox));
  return others.map(([mailbox, count]) => ({ id: record.id, mailbox, copies: count }));
}

/** Messages without a Message-ID can't be told apart here: `compareSnapshots` sees to them. */
function accountForOld(
  before: Snapshot,
  found: FoundIds,
): { heldBefore: number; lostFromBefore: readonly Entry[] } {
  let heldBefore = 0;
  const lostFromBefore: Entry[] = [];
  for (const [mailbox, user] of Object.entries(before.users)) {
    const wanted = new Map<string, number>();
    for (const { messages } of Object.values(user.folders)) {
      heldBefore += messages.length;
      for (const { id } of messages) if (id !== "") wanted.set(id, (wanted.get(id) ?? 0) + 1);
    }
    for (const [id, count] of wanted) {
      const copies = found.get(id)?.get(mailbox) ?? 0;
      if (copies < count) lostFromBefore.push({ id, mailbox, copies });
    }
  }
  return { heldBefore, lostFromBefore };
}
