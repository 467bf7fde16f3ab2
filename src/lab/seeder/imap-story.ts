import type { ImapAction } from "./imap-actions.ts";
import { composeMessage, type MessageKind } from "./message.ts";
import type { PlannedUser, SeedSize } from "./plan.ts";
import { createRandom, type Random } from "./random.ts";

/** Names that have tripped programs: umlauts, other scripts, quotes, templates, shell words, dashes, blanks, length. */
export const oddFolders = [
  "Ümläute",
  "日本語.メール",
  "💬 Post",
  "Mit Leerzeichen",
  `Quote "double" 'single' \\ back`,
  "Tom & Jerry",
  "INBOX.Kinder",
  "Archive.2023.Projekt Größe",
  "{{ old_host }} $(touch pwned) `id`",
  "-rf",
  "100% *",
  "trailing blank ",
  `long ${"0123456789".repeat(18)}`,
] as const;

/** What a rich user has done by IMAP: the first user with all odd folders and a large attachment, the others with some. */
export function imapStory(user: PlannedUser, size: SeedSize): readonly ImapAction[] {
  const random = createRandom("imap", size.seed, user.index);
  const odd = oddFolders.filter(() => user.index === 0 || random.chance(0.5));
  const write = messageWriter(user, random);
  return [
    ...["Sent", "Drafts", "Archive", "Archive.2023"].map((folder): ImapAction => ({ do: "create", folder })),
    ...odd.map((folder): ImapAction => ({ do: "create", folder })),
    ...["Sent", "Archive.2023", ...odd.filter((_, index) => index % 2 === 0)].map(
      (folder): ImapAction => ({ do: "subscribe", folder }),
    ),
    ...odd.flatMap((folder) => times(random.integer(1, 3), () => write(folder, "plain"))),
    ...inboxLife(write),
    ...filing(write),
    write("Drafts", "no-id", ["\\Draft"]),
    write("Sent", "attachment", ["\\Seen"], user.index === 0 ? 5_000_000 : 50_000),
    ...foldersThatChange(write),
  ];
}

type Write = (
  folder: string,
  kind: MessageKind,
  flags?: readonly string[],
  attachmentBytes?: number,
) => Append;
type Append = Extract<ImapAction, { do: "append" }>;

function messageWriter(user: PlannedUser, random: Random): Write {
  let count = 0;
  return (folder, kind, flags = random.pick(usualFlags), attachmentBytes = 0) => {
    count += 1;
    const id = kind === "no-id" ? "" : `<imap.${user.index}.${count}@story.example.com>`;
    const date = new Date(
      Date.UTC(2019 + random.integer(0, 5), random.integer(0, 11), random.integer(1, 28), 12, count),
    );
    const content = composeMessage({ id, to: user.address, date, kind, attachmentBytes }, random);
    return { do: "append", folder, id, content, flags, date };
  };
}

const usualFlags = [[], ["\\Seen"], ["\\Seen"], ["\\Seen", "\\Answered"], ["\\Flagged", "\\Seen"]] as const;

/** Every flag there is, keywords of people and of programs, and gaps where messages were expunged. */
function inboxLife(write: Write): readonly ImapAction[] {
  const kinds: readonly MessageKind[] = ["plain", "html", "eight-bit", "latin1", "fake-headers", "folded-id"];
  const mails = kinds.flatMap((kind) => [write("INBOX", kind, []), write("INBOX", kind, ["\\Seen"])]);
  const id = (index: number) => mails[index]?.id ?? "";
  const flag = (flag: string, ...indexes: readonly number[]): ImapAction => ({
    do: "flag",
    folder: "INBOX",
    ids: indexes.map(id),
    flag,
  });
  return [
    ...mails,
    flag("\\Flagged", 0, 3),
    flag("\\Answered", 1, 5),
    flag("\\Deleted", 2),
    flag("$Forwarded", 3),
    flag("$Label1", 4, 6),
    flag("Projekt-X", 6, 7),
    flag("NonJunk", 8),
    { do: "unflag", folder: "INBOX", ids: [id(7)], flag: "\\Seen" },
    { do: "expunge", folder: "INBOX", ids: [id(9), id(10)] },
  ];
}

/** Copies share one file by hard links; moved messages leave gaps. */
function filing(write: Write): readonly ImapAction[] {
  const mails = times(6, () => write("INBOX", "plain", ["\\Seen"]));
  const ids = mails.map((mail) => mail.id);
  return [
    ...mails,
    { do: "copy", folder: "INBOX", ids: ids.slice(0, 3), to: "Archive.2023" },
    { do: "copy", folder: "INBOX", ids: ids.slice(0, 1), to: "Archive" },
    { do: "flag", folder: "Archive.2023", ids: ids.slice(1, 2), flag: "\\Flagged" },
    { do: "move", folder: "INBOX", ids: ids.slice(3, 5), to: "Archive" },
  ];
}

/** A renamed folder keeps its UIDVALIDITY; a removed one may leave its subscription behind. */
function foldersThatChange(write: Write): readonly ImapAction[] {
  return [
    { do: "create", folder: "Old name" },
    write("Old name", "plain"),
    { do: "rename", folder: "Old name", to: "New name" },
    { do: "create", folder: "Removed" },
    { do: "subscribe", folder: "Removed" },
    write("Removed", "plain"),
    { do: "delete", folder: "Removed" },
    { do: "create", folder: "Empty" },
    { do: "subscribe", folder: "Empty" },
  ];
}

function times<T>(count: number, make: () => T): readonly T[] {
  return Array.from({ length: count }, make);
}
