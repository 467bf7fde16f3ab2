import type { ImapFlow } from "imapflow";
import type { FolderSide } from "../../mail/imap-folder-map.ts";

/** All folders that a user sees on a server. INBOX counts as subscribed: clients show it anyway. */
export async function listFolders(client: ImapFlow): Promise<FolderSide> {
  const listed = await client.list();
  const { personal, other, shared } = client.namespaces ?? {};
  const own = personal?.[0];
  const foreign = [...(other || []), ...(shared || [])];
  return {
    prefix: own?.prefix ?? "",
    separator: own?.delimiter ?? listed.find(({ delimiter }) => delimiter)?.delimiter ?? "/",
    foreignPrefixes: foreign.map(({ prefix }) => prefix),
    folders: listed.map(({ path, specialUse, subscribed, flags }) => ({
      path,
      specialUse: specialUse === "\\Inbox" ? undefined : specialUse,
      isSubscribed: subscribed,
      isSelectable: !flags.has("\\Noselect") && !flags.has("\\NonExistent"),
    })),
  };
}
