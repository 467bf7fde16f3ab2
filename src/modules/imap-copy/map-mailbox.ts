import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Failure } from "../../contract/errors.ts";
import type { LookContext } from "../../contract/module.ts";
import type { FolderMap, FolderMapper, KnownPlaces } from "../../mail/imap-folder-map.ts";
import { parseRemembered, writeRemembered } from "../remembered.ts";
import type { Account } from "./accounts.ts";
import { listFolders } from "./list-folders.ts";
import type { MailboxPair } from "./mailbox-pair.ts";

/** How folders are mapped in one copy, or in its proof. */
export interface Mapping {
  readonly mapFolders: FolderMapper;
  /** The way back: what is called old is new, and the other way round. */
  readonly isBack: boolean;
  /** Names the two servers: that which is copied from comes first. */
  readonly between: readonly [string, string];
  readonly context: Pick<LookContext, "runFile" | "lastRunFile">;
}

/**
 * Which of a user's folders becomes which. One that was copied before goes where it went: another place, since a mail program
 * made a folder for that use on new meanwhile, would get all of it once more. Throws a Failure where several would become one.
 */
export async function mapMailbox(pair: MailboxPair, account: Account, mapping: Mapping): Promise<FolderMap> {
  const [old, current] = await Promise.all([listFolders(pair.old), listFolders(pair.current)]);
  const map = mapping.mapFolders(old, current, await knownPlaces(account, mapping));
  const [clash] = map.clashes;
  if (clash === undefined) return map;
  throw new Failure(
    "bad-input",
    `${clash.names.join(" and ")} would both become ${clash.newPath}: say in \`folders\` where each of them goes`,
  );
}

/** Keeps where old's folders go, before anything is copied there. The way back keeps nothing: it goes by what is kept. */
export async function keepPlaces({ pairs }: FolderMap, account: Account, mapping: Mapping): Promise<void> {
  if (mapping.isBack) return;
  const places = new Map(await knownPlaces(account, mapping));
  for (const { old, newPath } of pairs) places.set(old.path, newPath);
  await writeRemembered(await mapping.context.runFile(nameOf(account, mapping)), [...places]);
}

async function knownPlaces(account: Account, mapping: Mapping): Promise<KnownPlaces> {
  const file = await mapping.context.lastRunFile(nameOf(account, mapping));
  if (file === undefined) return new Map();
  const places = parseRemembered<unknown>(await readFile(file, "utf8"), file, whenLost);
  if (isPlaces(places)) return new Map(places);
  throw new Failure("task-failed", `${file} is damaged`, { next: whenLost });
}

function isPlaces(value: unknown): value is readonly (readonly [old: string, current: string])[] {
  const isPair = (one: unknown): boolean =>
    Array.isArray(one) && one.length === 2 && one.every((path) => typeof path === "string");
  return Array.isArray(value) && value.every(isPair);
}

const whenLost =
  "Put it back from a copy of the state directory. Without it folders are mapped afresh: one for whose use a mail program made another folder on new since would be copied there once more.";

function nameOf({ old, current }: Account, { between: [from, to], isBack }: Mapping): string {
  const whole = isBack ? [to, from, current.user, old.user] : [from, to, old.user, current.user];
  return `imap-folders-${createHash("sha256").update(JSON.stringify(whole)).digest("hex").slice(0, 32)}`;
}
