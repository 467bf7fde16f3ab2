import { makeAccounts } from "./accounts.ts";
import { performByImap } from "./imap-door.ts";
import { deliverByLmtp } from "./lmtp-door.ts";
import { volumeParts } from "./maildir-volume.ts";
import { describeSeeding, type SeedManifest } from "./manifest.ts";
import { makePasswords } from "./passwords.ts";
import type { SeedPlan, SeedSize } from "./plan.ts";
import { type SeedScript, writeScript } from "./script.ts";
import { putSieve } from "./sieve.ts";
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
  const step: Step = (message) => {
    options.signal?.throwIfAborted();
    options.onProgress?.(message);
  };
  const { mailboxes, messages, seed } = options;
  const script = writeScript({ mailboxes, messages, seed });
  const { users, aliases } = script.plan;
  const untouched = users.filter((user) => user.kind === "untouched");
  step(`making ${users.length} accounts`);
  const passwords = await makePasswords(target);
  await makeAccounts(
    target,
    { users: users.filter((user) => !untouched.includes(user)), aliases },
    passwords,
  );
  await useFrontDoors(target, script, options.inNamespace, step);
  await writeVolume(target, script.plan, step);
  step("training the spam filter, filling the webmail");
  const spamTraining = await trainSpamFilter(target, seed);
  const webmailUsers = await fillWebmail(target, script.plan);
  // Only now: what is done for all users would make these a mailbox, too.
  await makeAccounts(target, { users: untouched, aliases: [] }, passwords);
  // The last mails stay where a delivery puts them: in `new`, not yet seen by any client.
  await deliverByLmtp(target, script.letters.last);
  return describeSeeding(script, passwords, { spamTraining, webmailUsers });
}

type Step = (message: string) => void;

async function useFrontDoors(
  target: SeedTarget,
  { plan, letters, stories, sieve }: SeedScript,
  inNamespace: InNamespace,
  step: Step,
): Promise<void> {
  await putSieve(target, sieve);
  step("delivering mail by SMTP and LMTP");
  await deliverBySmtp(target, inNamespace, letters.bySmtp);
  await deliverByLmtp(target, letters.byLmtp);
  for (const [index, actions] of stories.entries()) {
    const address = plan.users[index]?.address ?? "";
    step(`using the mailbox of ${address} by IMAP`);
    await performByImap(target, address, actions);
  }
}

async function writeVolume(target: SeedTarget, plan: SeedPlan, step: Step): Promise<void> {
  const total = plan.users.reduce((sum, user) => sum + user.volume, 0);
  let written = 0;
  const unpack = ["tar", "-x", "-p", "--numeric-owner", "--directory=/var/vmail", "-f", "-"];
  for (const { archive, messages } of volumeParts(plan)) {
    await target.run(unpack, { stdin: archive });
    written += messages;
    step(`wrote ${written} of ${total} messages`);
  }
  step("indexing the mailboxes");
  // Dovecot reads the new files of all users: it gives UIDs, writes its lists and counts the quota.
  await target.run(
    shell(
      "doveadm index -A '*'; if doveconf -h mail_plugins | grep -qw quota; then doveadm quota recalc -A; fi",
    ),
  );
}
