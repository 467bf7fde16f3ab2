import { makeAccounts } from "./accounts.ts";
import { type ImapAction, stateAfter } from "./imap-actions.ts";
import { performByImap } from "./imap-door.ts";
import { imapStory } from "./imap-story.ts";
import { type LetterPlan, planLetters } from "./letters.ts";
import { deliverByLmtp } from "./lmtp-door.ts";
import { volumeParts } from "./maildir-volume.ts";
import type { SeededUser, SeedManifest } from "./manifest.ts";
import { makePasswords, passwordOf, type SeedPassword } from "./passwords.ts";
import { planSeed, recipientsOf, richUsers, type SeedPlan, type SeedSize } from "./plan.ts";
import { planSieve, putSieve } from "./sieve.ts";
import { deliverBySmtp } from "./smtp-door.ts";
import { trainSpamFilter } from "./spam-filter.ts";
import { type InNamespace, type SeedTarget, shell } from "./target.ts";
import { fillWebmail } from "./webmail.ts";

export interface SeedOptions extends SeedSize {
  readonly inNamespace: InNamespace;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fills a fresh old host with users and mail: by SMTP, LMTP and IMAP where the way in matters, and as Maildir files for
 * the rest. Fails when one of the addresses is taken, so it works once per host.
 */
export async function seed(target: SeedTarget, options: SeedOptions): Promise<SeedManifest> {
  const { onProgress = () => {}, signal } = options;
  const size: SeedSize = { mailboxes: options.mailboxes, messages: options.messages, seed: options.seed };
  const script = writeScript(size);
  const { plan } = script;
  const step = (text: string) => {
    signal?.throwIfAborted();
    onProgress(text);
  };
  step(`making ${plan.users.length} accounts`);
  const passwords = await makePasswords(target);
  const used = plan.users.filter((user) => user.kind !== "untouched");
  await makeAccounts(target, { users: used, aliases: plan.aliases }, passwords);
  const sieve = planSieve(plan);
  await putSieve(target, sieve);
  step("delivering mail by SMTP and LMTP");
  await deliverBySmtp(target, options.inNamespace, script.letters.bySmtp);
  await deliverByLmtp(target, script.letters.byLmtp);
  for (const [index, actions] of script.stories.entries()) {
    const user = plan.users[index];
    if (user === undefined) continue;
    step(`using the mailbox of ${user.address} by IMAP`);
    await performByImap(target, user.address, actions);
  }
  await writeVolume(target, plan, step);
  step("training the spam filter, filling the webmail");
  const spamTraining = await trainSpamFilter(target, size.seed);
  const webmailUsers = await fillWebmail(target, plan);
  // Only now: what is done for all users would make them a mailbox.
  const untouched = plan.users.filter((user) => user.kind === "untouched");
  await makeAccounts(target, { users: untouched, aliases: [] }, passwords);
  // The last ones stay where a delivery puts them: in `new`, not yet seen by any client.
  await deliverByLmtp(target, script.letters.last);
  const users = plan.users.map((user) => seededUser(user.index, script, passwords));
  const messages = users.reduce((sum, user) => sum + countMessages(user), 0);
  return {
    version: 1,
    size,
    users,
    aliases: plan.aliases,
    recipients: recipientsOf(plan),
    messages,
    spamTraining,
    webmailUsers,
  };
}

/** All that will be done, before anything is done. */
interface Script {
  readonly plan: SeedPlan;
  readonly letters: LetterPlan;
  readonly stories: readonly (readonly ImapAction[])[];
}

function writeScript(size: SeedSize): Script {
  const people = planSeed(size, 0).users.slice(0, richUsers);
  const stories = people.map((user) => imapStory(user, size));
  const letters = planLetters(people, size.seed);
  const made = stories.reduce((sum, actions) => sum + countState(stateAfter(actions)), letters.count);
  return { plan: planSeed(size, Math.max(0, size.messages - made)), letters, stories };
}

async function writeVolume(target: SeedTarget, plan: SeedPlan, step: (text: string) => void): Promise<void> {
  const total = plan.users.reduce((sum, user) => sum + user.volume, 0);
  let written = 0;
  const unpack = ["tar", "-x", "-p", "--numeric-owner", "--directory=/var/vmail", "-f", "-"];
  for (const { archive, messages } of volumeParts(plan)) {
    await target.run(unpack, { stdin: archive });
    written += messages;
    step(`wrote ${written} of ${total} messages`);
  }
  step("indexing the mailboxes");
  await target.run(shell(settleScript));
}

/** Dovecot reads the new files of all users: it gives UIDs, writes its lists and counts the quota. */
const settleScript = "doveadm index -A '*'; doveadm quota recalc -A";

function seededUser(
  index: number,
  { plan, letters, stories }: Script,
  passwords: readonly SeedPassword[],
): SeededUser {
  const user = plan.users[index];
  if (user === undefined) throw new RangeError(`no user ${index}`);
  const { address, quota, kind, volume } = user;
  const { plain, scheme } = passwordOf(passwords, index);
  const sieveScripts = planSieve(plan).flatMap((script) => (script.user === address ? [script.name] : []));
  const delivered = letters.idsFor(address);
  const imap = stateAfter(stories[index] ?? []);
  return { address, password: plain, scheme, quota, kind, delivered, imap, volume, sieveScripts };
}

function countMessages(user: SeededUser): number {
  return user.delivered.length + countState(user.imap) + user.volume;
}

function countState(state: Readonly<Record<string, readonly unknown[]>>): number {
  return Object.values(state).reduce((sum, messages) => sum + messages.length, 0);
}
