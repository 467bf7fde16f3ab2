import type { FolderPair } from "../../mail/imap-folder-map.ts";
import type { Account } from "./accounts.ts";
import { copyFolder } from "./copy-folder.ts";
import type { CopyWork } from "./copy-work.ts";
import { MailboxFull } from "./mailbox-full.ts";
import { ConnectionLost, MailboxPair } from "./mailbox-pair.ts";
import { keepPlaces, mapMailbox } from "./map-mailbox.ts";

/** Copies all folders of one user. What can't be copied is told in the tally; nothing is thrown but the end of the run. */
export async function copyUser(account: Account, work: CopyWork): Promise<void> {
  const user = account.current.user;
  const failed = (error: unknown, folder?: string) => {
    work.context.signal.throwIfAborted();
    work.tally.leave({ user, folder, why: wordsOf(error), isFailure: true });
  };
  work.tally.of(user);
  let pair: MailboxPair | undefined;
  try {
    pair = await MailboxPair.open(work.servers, account);
    const map = await mapMailbox(pair, account, work);
    if (!work.isDry) await keepPlaces(map, account, work);
    for (const path of map.foreign) {
      work.tally.leave({ user, folder: path, why: "it belongs to others", isFailure: false });
    }
    for (const folder of map.pairs) {
      try {
        await makeFolder(pair, folder, user, work);
        if (!work.foldersOnly) await copyFolder(pair, folder, account, work);
      } catch (error) {
        failed(error, folder.name);
        if (error instanceof ConnectionLost || error instanceof MailboxFull) break;
      }
    }
  } catch (error) {
    failed(error);
  } finally {
    await pair?.close();
  }
}

/** What is wrong, and the way out where there is one. */
export function wordsOf(error: unknown): string {
  const { message, next } = error as { readonly message: string; readonly next?: string };
  return next === undefined ? message : `${message}\n    → ${next}`;
}

async function makeFolder(
  { current }: MailboxPair,
  { old, newPath, existing }: FolderPair,
  user: string,
  { tally, isDry }: CopyWork,
): Promise<void> {
  const counts = tally.of(user);
  counts.folders += 1;
  let isSubscribed = existing?.isSubscribed ?? false;
  if (existing === undefined || !existing.isSelectable) {
    counts.folders_created += 1;
    if (!isDry) {
      await current.mailboxCreate(newPath);
      // The library subscribes to what it creates.
      isSubscribed = true;
      if (!old.isSubscribed) await current.mailboxUnsubscribe(newPath);
    }
  }
  if (!old.isSubscribed || existing?.isSubscribed === true) return;
  counts.subscribed += 1;
  if (isDry || isSubscribed) return;
  if (!(await current.mailboxSubscribe(newPath))) throw new Error("the server does not let it be subscribed");
}
