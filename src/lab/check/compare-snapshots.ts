import type { FolderSnapshot, MessageSnapshot, Snapshot, UserSnapshot } from "./snapshot.ts";

/** One thing that a mail client would notice. */
export interface SnapshotDifference {
  readonly user: string;
  /** "" where it concerns the whole user. */
  readonly folder: string;
  readonly kind:
    | "user-missing"
    | "folder-missing"
    | "uid-validity"
    | "uid-next"
    | "message-missing"
    | "message-replaced"
    | "message-added"
    | "flags"
    | "subscription-missing"
    | "subscription-added";
  readonly detail: string;
}

/**
 * What differs after a migration. Mail that arrived since is no difference: it has UIDs from the old UIDNEXT on. A new
 * message below that is one, because it came back from the dead or was doubled.
 */
export function compareSnapshots(before: Snapshot, after: Snapshot): readonly SnapshotDifference[] {
  return Object.entries(before.users).flatMap(([user, old]) => {
    const now = after.users[user];
    if (now === undefined) return [{ user, folder: "", kind: "user-missing" as const, detail: user }];
    return compareUsers(old, now).map((difference) => ({ user, ...difference }));
  });
}

type Found = Omit<SnapshotDifference, "user">;

function compareUsers(before: UserSnapshot, after: UserSnapshot): readonly Found[] {
  const folders = Object.entries(before.folders).flatMap(([folder, old]) => {
    const now = after.folders[folder];
    if (now === undefined)
      return [{ folder, kind: "folder-missing" as const, detail: `${old.messages.length} messages` }];
    return compareFolders(folder, old, now);
  });
  return [
    ...folders,
    ...without(before.subscriptions, after.subscriptions, "subscription-missing"),
    ...without(after.subscriptions, before.subscriptions, "subscription-added"),
  ];
}

function without(
  names: readonly string[],
  others: readonly string[],
  kind: "subscription-missing" | "subscription-added",
): readonly Found[] {
  return names.filter((name) => !others.includes(name)).map((folder) => ({ folder, kind, detail: folder }));
}

function compareFolders(folder: string, before: FolderSnapshot, after: FolderSnapshot): readonly Found[] {
  const found: Found[] = [];
  const tell = (kind: Found["kind"], detail: string) => found.push({ folder, kind, detail });
  if (before.uidValidity !== after.uidValidity && !neverUsed(before)) {
    tell("uid-validity", `${before.uidValidity} became ${after.uidValidity}`);
  }
  if (after.uidNext < before.uidNext) tell("uid-next", `${before.uidNext} became ${after.uidNext}`);
  const now = new Map(after.messages.map((message) => [message.uid, message]));
  for (const message of before.messages) compareMessage(message, now.get(message.uid), tell);
  const known = new Set(before.messages.map((message) => message.uid));
  for (const { uid, id } of after.messages) {
    if (uid < before.uidNext && !known.has(uid)) tell("message-added", `UID ${uid} ${id}`);
  }
  return found;
}

/** No client can have kept anything of a folder that never held a message. */
function neverUsed(folder: FolderSnapshot): boolean {
  return folder.uidNext === 1;
}

function compareMessage(
  before: MessageSnapshot,
  after: MessageSnapshot | undefined,
  tell: (kind: Found["kind"], detail: string) => void,
): void {
  const name = `UID ${before.uid} ${before.id}`;
  if (after === undefined) tell("message-missing", name);
  else if (after.id !== before.id) tell("message-replaced", `${name} became ${after.id}`);
  else if (after.flags.join(" ") !== before.flags.join(" ")) {
    tell("flags", `${name}: ${before.flags.join(" ")} became ${after.flags.join(" ")}`);
  }
}
