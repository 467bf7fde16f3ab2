import type { Recipient } from "../sender/options.ts";
import { localPart } from "./people.ts";
import { createRandom } from "./random.ts";

/** How much is made. The same numbers give the same mailboxes and the same messages. */
export interface SeedSize {
  /** At least 5. */
  readonly mailboxes: number;
  /** In all mailboxes together; what arrives through SMTP, LMTP and IMAP counts, and is made in any case. */
  readonly messages: number;
  readonly seed: number;
}

/** A user to be made. */
export interface PlannedUser {
  readonly index: number;
  readonly address: string;
  /** Bytes; 0 is no limit. */
  readonly quota: number;
  /**
   * `rich`: mail by every front door and all that IMAP can do; `volume`: Maildir files alone;
   * `untouched`: there is a password, but no mailbox yet.
   */
  readonly kind: "rich" | "volume" | "untouched";
  /** Messages to be written as Maildir files. */
  readonly volume: number;
}

export interface PlannedAlias {
  readonly source: string;
  readonly destination: string;
}

/** Everything about a seeding that is decided before the host is touched. */
export interface SeedPlan {
  readonly size: SeedSize;
  readonly users: readonly PlannedUser[];
  readonly aliases: readonly PlannedAlias[];
}

/** The first users get the rich treatment. */
export const richUsers = 5;

const quotas = [0, 1_073_741_824, 2_147_483_647, 524_288_000] as const;

/** Decides who lives on the host. `volume` is the number of messages to be written as Maildir files. */
export function planSeed(size: SeedSize, volume: number): SeedPlan {
  if (!Number.isInteger(size.mailboxes) || size.mailboxes < richUsers) {
    throw new RangeError(`a seeding has at least ${richUsers} mailboxes`);
  }
  const shares = shareOut(volume, size);
  const users = shares.map((share, index): PlannedUser => {
    const untouched = index > richUsers && index === size.mailboxes - 1;
    return {
      index,
      address: `${localPart(index)}@${domainOf(index)}`,
      quota: quotas[index % quotas.length] ?? 0,
      kind: index < richUsers ? "rich" : untouched ? "untouched" : "volume",
      volume: share,
    };
  });
  return { size, users, aliases: planAliases(users) };
}

/** Every address that mail can be sent to, with the mailboxes it ends in. Aliases that lead outside are left out. */
export function recipientsOf(plan: SeedPlan): readonly Recipient[] {
  const users = new Set(plan.users.map((user) => user.address));
  const finals = (address: string): readonly string[] =>
    users.has(address)
      ? [address]
      : plan.aliases.flatMap((alias) => (alias.source === address ? finals(alias.destination) : []));
  const sources = [...new Set(plan.aliases.map((alias) => alias.source))];
  return [...users, ...sources]
    .map((address) => ({ address, finals: [...new Set(finals(address))] }))
    .filter((recipient) => recipient.finals.length > 0);
}

function domainOf(index: number): string {
  return index % 3 === 1 ? "example.net" : "example.org";
}

/** Few mailboxes are large and many are small, as everywhere. */
function shareOut(volume: number, { mailboxes, seed }: SeedSize): readonly number[] {
  const weights = Array.from({ length: mailboxes }, (_, index) => {
    const untouched = index > richUsers && index === mailboxes - 1;
    return untouched ? 0 : 0.1 + createRandom("share", seed, index).next() ** 4;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => Math.floor((volume * weight) / total));
  const rest = volume - shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share, index) => share + (index === 0 ? rest : 0));
}

function planAliases(users: readonly PlannedUser[]): readonly PlannedAlias[] {
  const address = (index: number) => users[index]?.address ?? "";
  return [
    { source: "postmaster@example.org", destination: address(0) },
    { source: "postmaster@example.net", destination: address(0) },
    // Across domains, and an alias of an alias.
    { source: "sales@example.org", destination: address(1) },
    { source: "boss@example.net", destination: "sales@example.org" },
    // Fans out.
    { source: "team@example.org", destination: address(0) },
    { source: "team@example.org", destination: address(1) },
    { source: "team@example.org", destination: address(2) },
    // Leads outside.
    { source: "partner@example.net", destination: "partner@example.com" },
  ];
}
