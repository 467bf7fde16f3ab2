import type { StateMessage } from "../seeder/imap-actions.ts";
import type { SeededUser, SeedManifest } from "../seeder/manifest.ts";
import type { MessageSnapshot, Snapshot, UserSnapshot } from "./snapshot.ts";

/** What a host lacks of that which the seeder says it has made, or has too much, as sentences; nothing when all is there. */
export function compareWithManifest(manifest: SeedManifest, snapshot: Snapshot): readonly string[] {
  const seen = manifest.users.map((user) => [user, snapshot.users[user.address]] as const);
  const perUser = seen.flatMap(([user, now]) =>
    now === undefined ? [`${user.address} is not there`] : compareUser(user, now),
  );
  const messages = seen.reduce((sum, [, now]) => sum + (now === undefined ? 0 : allMessages(now).length), 0);
  const total =
    messages === manifest.messages ? [] : [`${messages} messages instead of ${manifest.messages}`];
  return [...perUser, ...total];
}

function compareUser(user: SeededUser, now: UserSnapshot): readonly string[] {
  const ids = new Set(allMessages(now).map((message) => message.id));
  const undelivered = user.delivered.filter((id) => !ids.has(id));
  return [
    ...undelivered.map((id) => `${user.address} did not get ${id}`),
    ...Object.entries(user.imap).flatMap(([folder, messages]) => {
      const there = now.folders[folder];
      if (there === undefined) return [`${user.address} has no folder ${folder}`];
      return missingMessages(messages, there.messages).map(
        (what) => `${user.address}, ${folder}: no ${what}`,
      );
    }),
  ];
}

/** Each message of the first list needs one of its own in the second, with the same flags. */
function missingMessages(
  wanted: readonly StateMessage[],
  there: readonly MessageSnapshot[],
): readonly string[] {
  const left = new Map<string, number>();
  for (const message of there) left.set(nameOf(message), (left.get(nameOf(message)) ?? 0) + 1);
  return wanted.map(nameOf).filter((name) => {
    const count = left.get(name) ?? 0;
    left.set(name, count - 1);
    return count <= 0;
  });
}

function nameOf(message: StateMessage): string {
  return `${message.id} (${message.flags.join(" ")})`;
}

function allMessages(user: UserSnapshot): readonly MessageSnapshot[] {
  return Object.values(user.folders).flatMap((folder) => folder.messages);
}
