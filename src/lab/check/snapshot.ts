import type { SeedTarget } from "../seeder/target.ts";

/** What the users of a host see: everything that a mail client would notice if it changed. */
export interface Snapshot {
  readonly users: Readonly<Record<string, UserSnapshot>>;
}

export interface UserSnapshot {
  readonly folders: Readonly<Record<string, FolderSnapshot>>;
  /** Sorted. */
  readonly subscriptions: readonly string[];
}

export interface FolderSnapshot {
  readonly uidValidity: number;
  readonly uidNext: number;
  /** By UID, ascending. */
  readonly messages: readonly MessageSnapshot[];
}

export interface MessageSnapshot {
  readonly uid: number;
  /** System flags and keywords, sorted, without \Recent (it belongs to a session). */
  readonly flags: readonly string[];
  /** The Message-ID header, "" where there is none. */
  readonly id: string;
}

/**
 * Takes a snapshot through Dovecot (2.3 or 2.4) on the host. `users` is a mask such as `*@example.org`
 * (with a `*` or a `?` in it); all users otherwise. Like a first login, it makes Dovecot create the INBOX of a user who never had one.
 */
export async function takeSnapshot(target: SeedTarget, users?: string): Promise<Snapshot> {
  const whose = users === undefined ? ["-A"] : ["-u", users];
  // As JSON, because the other formats leave line ends in header values as they are.
  const doveadm = async (command: readonly string[], ...fields: readonly string[]) => {
    const rows = await target.run(["doveadm", "-f", "json", ...command, ...whose, ...fields]);
    return JSON.parse(rows) as Rows;
  };
  // Dovecot 2.3.19 creates it for who asks for it by its name alone.
  await doveadm(["mailbox", "status"], "uidvalidity", "INBOX");
  const status = await doveadm(["mailbox", "status"], "uidvalidity uidnext", "*");
  const subscribed = await doveadm(["mailbox", "list"], "-s");
  const messages = await doveadm(["fetch"], "mailbox uid flags hdr.message-id", "ALL");
  return assemble(status, subscribed, messages);
}

type Row = Readonly<Record<string, string>>;
type Rows = readonly Row[];

/** Makes a snapshot of doveadm's rows. */
export function assemble(status: Rows, subscribed: Rows, messages: Rows): Snapshot {
  const users: Record<string, { folders: Record<string, FolderSnapshot>; subscriptions: string[] }> = {};
  const userOf = (row: Row) => {
    const name = cell(row, "username");
    users[name] ??= { folders: {}, subscriptions: [] };
    return users[name];
  };
  const lists = new Map<string, MessageSnapshot[]>();
  for (const row of status) {
    const list: MessageSnapshot[] = [];
    lists.set(folderKey(row), list);
    userOf(row).folders[cell(row, "mailbox")] = {
      uidValidity: Number(cell(row, "uidvalidity")),
      uidNext: Number(cell(row, "uidnext")),
      messages: list,
    };
  }
  for (const row of subscribed) userOf(row).subscriptions.push(cell(row, "mailbox"));
  for (const row of messages) {
    const list = lists.get(folderKey(row));
    // A folder that came up between two questions.
    if (list === undefined) throw new Error(`the folder ${folderKey(row)} has messages but no status`);
    list.push(messageOf(row));
  }
  for (const list of lists.values()) list.sort((a, b) => a.uid - b.uid);
  for (const user of Object.values(users)) user.subscriptions.sort();
  return { users };
}

function messageOf(row: Row): MessageSnapshot {
  const flags = cell(row, "flags").split(" ");
  return {
    uid: Number(cell(row, "uid")),
    flags: flags.filter((flag) => flag !== "" && flag !== "\\Recent").sort(),
    id: cell(row, "hdr.message-id").trim(),
  };
}

function folderKey(row: Row): string {
  return `${cell(row, "username")} ${cell(row, "mailbox")}`;
}

function cell(row: Row, column: string): string {
  const value = row[column];
  if (value === undefined) throw new Error(`doveadm gave no ${column} in ${JSON.stringify(row)}`);
  return value;
}
