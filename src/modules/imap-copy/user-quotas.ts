import type { ImapFlow } from "imapflow";
import { compareQuotas, type QuotaDifference, type QuotaLimit } from "../../mail/imap-quota.ts";
import type { MailboxPair } from "./mailbox-pair.ts";

/** What limits a user on both servers, compared; undefined where one of them has no QUOTA, or could not tell. */
export async function compareUserQuotas({
  old,
  current,
}: MailboxPair): Promise<QuotaDifference[] | undefined> {
  const [before, after] = await Promise.all([limitsOf(old), limitsOf(current)]);
  return before === undefined || after === undefined ? undefined : compareQuotas(before, after);
}

/** Bytes are what the library makes of the KiB in which servers tell of storage. */
async function limitsOf(client: ImapFlow): Promise<QuotaLimit[] | undefined> {
  const quota = await client.getQuota("INBOX");
  if (!quota) return undefined;
  return (["storage", "messages", "message"] as const).flatMap((word) => {
    const { usage = 0, limit } = (quota as Partial<Record<typeof word, QuotaWords>>)[word] ?? {};
    if (limit === undefined) return [];
    const unit = word === "storage" ? 1024 : 1;
    const resource = word === "storage" ? "STORAGE" : "MESSAGE";
    return [{ resource, used: Math.round(usage / unit), limit: Math.round(limit / unit) }];
  });
}

interface QuotaWords {
  readonly usage?: number;
  readonly limit?: number;
}
