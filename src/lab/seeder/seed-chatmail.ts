import { performByImap } from "./imap-door.ts";
import { deliverByLmtp, type LocalMail } from "./lmtp-door.ts";
import { describeSeeding, type SeedManifest } from "./manifest.ts";
import { composeMessage } from "./message.ts";
import { makePasswords, passwordOf, type SeedPassword } from "./passwords.ts";
import { localPart } from "./people.ts";
import { type PlannedUser, planSeed, type SeedPlan, type SeedSize } from "./plan.ts";
import { createRandom } from "./random.ts";
import { writeScript } from "./script.ts";
import type { SeedOptions } from "./seed.ts";
import { deliverBySmtp } from "./smtp-door.ts";
import { type SeedTarget, shell } from "./target.ts";

/** The mail domain of the lab's chatmail relay; it is the name of the server, too. */
export const relayDomain = "mail.example.org";

/** Where its mailboxes are: DOMAIN/ADDRESS. */
export const chatmailMailRoot = "/home/vmail/mail";

/** Fills a fresh chatmail relay with addresses and mail, by SMTP, LMTP and IMAP. */
export async function seedChatmail(target: SeedTarget, options: SeedOptions): Promise<SeedManifest> {
  const { mailboxes, seed, inNamespace } = options;
  const written = writeScript({ mailboxes, messages: 0, seed }, planRelay);
  // A relay has no scripts of its users.
  const script = { ...written, sieve: [] };
  const { plan, letters, stories } = script;
  const passwords = await makePasswords(target, ["SHA512-CRYPT"]);
  await makeAddresses(target, plan.users, passwords);
  await deliverBySmtp(target, inNamespace, letters.bySmtp);
  await deliverByLmtp(target, [...letters.byLmtp, ...fewLetters(plan)]);
  for (const [index, actions] of stories.entries()) {
    await performByImap(target, plan.users[index]?.address ?? "", actions);
  }
  await deliverByLmtp(target, letters.last);
  return describeSeeding(script, passwords, { spamTraining: 0, webmailUsers: 0 });
}

/** The usual people, all in the relay's domain; it has no aliases. Who is not rich has a few mails. */
function planRelay(size: SeedSize): SeedPlan {
  const { users } = planSeed(size, 0);
  const inRelay = users.map((user): PlannedUser => {
    const address = `${localPart(user.index)}@${relayDomain}`;
    return user.kind === "rich" ? { ...user, address } : { ...user, address, kind: "volume", volume: 3 };
  });
  return { size, users: inRelay, aliases: [] };
}

function fewLetters({ users, size }: SeedPlan): LocalMail[] {
  return users.flatMap(({ address, index, volume }) =>
    Array.from({ length: volume }, (_, number) => {
      const id = `<volume.${index}.${number}@seed.example.com>`;
      const mail = { id, to: address, date: new Date(Date.UTC(2025, 4, 1 + number)), kind: "plain" as const };
      return { to: address, content: composeMessage(mail, createRandom("few", size.seed, index, number)) };
    }),
  );
}

/** An address is a directory with a password in it, whose time is the day of the last login. */
async function makeAddresses(
  target: SeedTarget,
  users: readonly PlannedUser[],
  passwords: readonly SeedPassword[],
): Promise<void> {
  const words = users.flatMap(({ address, index }) => [address, passwordOf(passwords, index).hash]);
  await target.run(shell(addressesScript, `${chatmailMailRoot}/${relayDomain}`, ...words));
}

const addressesScript = `
  cd "$1"
  shift
  while [ $# -gt 0 ]; do
    install -d -o vmail -g vmail -m 700 "$1"
    printf %s "$2" >"$1/password"
    printf '{"devicetoken": {"token-of-%s": 1750000000}}' "$1" >"$1/metadata.json"
    : >"$1/enforceE2EEincoming"
    chmod 600 "$1"/*
    chown vmail:vmail "$1"/*
    touch --date='2025-06-01 00:00 UTC' "$1/password"
    shift 2
  done
  install -d -o vmail -g vmail -m 700 pending_notifications`;
