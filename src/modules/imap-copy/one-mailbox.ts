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
    `${before.path} of old and ${after.path} of new look like one folder: UIDVALIDITY ${before.uidValidity} and ${before.exists} messages on both`,
    {
      next: "Do both addresses lead to one server? Name each by its IP address. Where they are two, and the notes of an earlier copy are gone, put one message more into that folder of new: then they differ, and the copy goes on.",
    },
  );
}
