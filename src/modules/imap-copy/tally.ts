import type { JsonObject } from "../../contract/json.ts";
import { csvLine } from "../../mail/csv.ts";

/** What happened to the mailboxes of one user, or of all. In check mode, what would. */
export interface Counts {
  folders: number;
  folders_created: number;
  subscribed: number;
  messages: number;
  copied: number;
  bytes: number;
  found: number;
  flags_changed: number;
  gone: number;
  too_large: number;
  not_copied: number;
}

/** A message, folder or mailbox that was not copied, and why. */
export interface LeftOut {
  readonly user: string;
  readonly folder?: string | undefined;
  readonly uid?: number | undefined;
  readonly why: string;
  /** False where somebody wanted it so. */
  readonly isFailure: boolean;
}

export function noCounts(): Counts {
  return {
    ...{ folders: 0, folders_created: 0, subscribed: 0, messages: 0, copied: 0, bytes: 0 },
    ...{ found: 0, flags_changed: 0, gone: 0, too_large: 0, not_copied: 0 },
  };
}

/** Counts what a copy does, user by user. */
export class Tally {
  readonly #users = new Map<string, Counts>();
  readonly #carried = { messages: 0, bytes: 0 };
  readonly leftOut: LeftOut[] = [];

  of(user: string): Counts {
    const known = this.#users.get(user);
    if (known !== undefined) return known;
    const counts = noCounts();
    this.#users.set(user, counts);
    return counts;
  }

  /** So many more messages are on new; gives how many that are, of all users. */
  carry(
    user: string,
    messages: number,
    bytes: number,
  ): { readonly messages: number; readonly bytes: number } {
    const counts = this.of(user);
    counts.copied += messages;
    counts.bytes += bytes;
    this.#carried.messages += messages;
    this.#carried.bytes += bytes;
    return this.#carried;
  }

  leave(what: LeftOut): void {
    this.leftOut.push(what);
    if (what.isFailure) this.of(what.user).not_copied += 1;
  }

  total(): Counts {
    const sum = noCounts();
    for (const counts of this.#users.values()) {
      for (const word of Object.keys(sum) as (keyof Counts)[]) sum[word] += counts[word];
    }
    return sum;
  }

  /** What `register` keeps. */
  result(): JsonObject {
    return {
      users: this.#users.size,
      ...this.total(),
      left_out: this.leftOut.slice(0, namedAtMost).map((what) => leftOutLine(what)),
    };
  }

  /** A row for each user. */
  csv(): string {
    const words = Object.keys(noCounts()) as (keyof Counts)[];
    const rows = [...this.#users].map(([user, counts]) =>
      csvLine([user, ...words.map((word) => counts[word])]),
    );
    return [csvLine(["user", ...words]), ...rows].join("");
  }
}

/** So many are named on screen and in the result; the file has all. */
export const namedAtMost = 20;

export function leftOutLine({ user, folder, uid, why }: LeftOut): string {
  const place = [user, folder, uid === undefined ? undefined : `UID ${uid}`];
  return `${place.filter((part) => part !== undefined).join(" ")}: ${why}`;
}

/** Whether anything was done, or would be. */
export function hasChanged({ folders_created, subscribed, copied, flags_changed }: Counts): boolean {
  return folders_created + subscribed + copied + flags_changed > 0;
}

/** The numbers in one sentence. */
export function countsLine(counts: Counts, seconds: number): string {
  const told = [
    `${counts.copied} messages copied (${mebibytes(counts.bytes)})`,
    `${counts.messages - counts.copied - counts.too_large - counts.gone} there already`,
    ...(
      [
        ["folders_created", "folders created"],
        ["subscribed", "subscribed"],
        ["flags_changed", "with other flags"],
        ["too_large", "too large"],
        ["gone", "gone meanwhile"],
        ["not_copied", "not copied"],
      ] as const
    ).flatMap(([word, what]) => (counts[word] === 0 ? [] : [`${counts[word]} ${what}`])),
  ];
  return `${told.join(", ")}, in ${Math.round(seconds)} s`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
