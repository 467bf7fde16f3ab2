import { type SeedTarget, shell } from "./target.ts";

/** A mail for one mailbox. */
export interface LocalMail {
  readonly to: string;
  readonly content: Buffer;
}

const socketPath = "/var/spool/postfix/private/dovecot-lmtp";

/** Delivers through Dovecot's LMTP socket on the host, as Postfix does. Throws unless every mail was saved. */
export async function deliverByLmtp(target: SeedTarget, mails: readonly LocalMail[]): Promise<void> {
  const output = await target.run(shell('nc -U "$1"', socketPath), { stdin: lmtpDialogue(mails) });
  const saved = output.match(/^250 2\.0\.0 .* Saved\r?$/gm)?.length ?? 0;
  if (saved !== mails.length) throw new Error(`LMTP saved ${saved} of ${mails.length} mails: ${output}`);
}

/** With BDAT (RFC 3030) nothing has to be waited for: the whole dialogue is one piece of input. */
export function lmtpDialogue(mails: readonly LocalMail[]): Buffer {
  const parts = mails.flatMap(({ to, content }) => [
    Buffer.from(`MAIL FROM:<friend@example.com>\r\nRCPT TO:<${to}>\r\nBDAT ${content.length} LAST\r\n`),
    content,
  ]);
  return Buffer.concat([Buffer.from("LHLO seeder\r\n"), ...parts, Buffer.from("QUIT\r\n")]);
}
