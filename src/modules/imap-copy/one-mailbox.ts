import type { ImapFlow } from "imapflow";
import { Refused } from "../../contract/errors.ts";

/**
 * Throws Refused when the folders that are open on both connections are one, as when a name leads to the new server already.
 * Nothing would be copied then, and everything be proven. One server has one separator and prefix, and UIDVALIDITY is a time or
 * a random number. Two folders that were made in one second have the same, and the same UIDs when one was copied into the
 * other: ask only where no note says so.
 */
export function refuseOneMailbox(old: ImapFlow, current: ImapFlow): void {
  const [before, after] = [old.mailbox, current.mailbox];
  if (!before || !after) return;
  const isOne =
    old.namespace?.delimiter === current.namespace?.delimiter &&
    old.namespace?.prefix === current.namespace?.prefix &&
    before.exists > 0 &&
    before.exists === after.exists &&
    before.uidNext === after.uidNext &&
    before.uidValidity === after.uidValidity;
  if (!isOne) return;
  throw new Refused(
    `${before.path} of old and ${after.path} of new are one folder (UIDVALIDITY ${before.uidValidity})`,
    {
      next: "Do both addresses lead to the same server? Name them by their IP addresses.",
    },
  );
}
