import type { MailboxObject } from "imapflow";
import { Refused } from "../../contract/errors.ts";

/**
 * Throws Refused when both connections lead to one mailbox, as a name does that already leads to the new server. Nothing
 * would be copied then, and everything be proven. UIDVALIDITY is a time or a random number on each server. Two folders that
 * were made in one second have the same, and the same UIDs when one was copied into the other: ask only where no note says so.
 */
export function refuseOneMailbox(old: MailboxObject, current: MailboxObject): void {
  const isOne =
    old.exists > 0 &&
    old.exists === current.exists &&
    old.uidNext === current.uidNext &&
    old.uidValidity === current.uidValidity;
  if (!isOne) return;
  throw new Refused(
    `${old.path} of old and ${current.path} of new are one folder (UIDVALIDITY ${old.uidValidity})`,
    {
      next: "Do both addresses lead to the same server? Name them by their IP addresses.",
    },
  );
}
