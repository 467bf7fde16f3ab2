import { writeFile } from "node:fs/promises";
import type { Change } from "../../contract/change.ts";
import { Failure, Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import { closed, given, seconds, word, yesOrNo } from "../argument-schemas.ts";
import { type Account, type AccountWords, accountWords, readAccounts } from "./accounts.ts";
import { copyUser } from "./copy-user.ts";
import type { CopyWork } from "./copy-work.ts";
import { backWord, type DirectionWords, requireFrozenNew, turned, waysOf } from "./direction.ts";
import { type FolderWords, folderWords, mapperOf } from "./folder-words.ts";
import { withServers } from "./mail-servers.ts";
import { Pace } from "./pace.ts";
import { Places } from "./places.ts";
import { insideWords, placeOf, serverWords } from "./server-words.ts";
import { countsLine, hasChanged, leftOutLine, namedAtMost, Tally } from "./tally.ts";

export interface ImapCopyArgs extends AccountWords, FolderWords, DirectionWords {
  readonly folders_only?: boolean;
  readonly connections?: number;
  readonly connections_per_user?: number;
  readonly bandwidth?: string;
  readonly max_message_bytes?: number;
  readonly settle?: number;
  readonly save_as?: string;
}

export interface ImapCopyChange extends Change {
  readonly args: ImapCopyArgs;
  readonly accounts: readonly Account[];
}

/** Copies mailboxes from one IMAP server to another. */
export const imapCopy = changingModule<ImapCopyArgs, ImapCopyChange>({
  name: "imap_copy",
  description:
    "Copies mailboxes from one IMAP server to another, where layouts, separators or servers differ so that files can't be copied: folders, subscriptions, messages with their flags, keywords and dates. It goes on where it was broken off, and makes no message twice. It deletes nothing, on neither side, and writes nothing on old; once `new-opened` is set, it leaves on new what its users flagged, moved or deleted, and only adds what came to old since. With `back` it brings what new took to old again: flags that differ are new's then. Registers `users`, `new_users` (their names on new), `folders`, `folders_created`, `subscribed`, `messages`, `copied`, `bytes`, `found`, `flags_changed`, `gone`, `too_large`, `not_copied`, `left_out`, `seconds` and `file`.",
  preview: "unknown",
  args: closed(
    {
      old: serverWords("The server that is copied from. Nothing is written there."),
      new: serverWords("The server that is copied to."),
      ...accountWords,
      ...folderWords,
      new_inside: insideWords,
      back: backWord,
      folders_only: yesOrNo("Folders and subscriptions alone.", false),
      connections: {
        type: "integer",
        minimum: 1,
        maximum: 64,
        default: 4,
        description: "So many connections to each side at most; so many users at once.",
      },
      connections_per_user: {
        type: "integer",
        minimum: 1,
        maximum: 16,
        default: 4,
        description:
          "So many of them for one user, for folders with many messages. With more than one the order of the UIDs is not kept. Dovecot allows ten.",
      },
      bandwidth: {
        type: "string",
        pattern: "^[0-9]+(\\.[0-9]+)?[kKmMgG]?$",
        description: "At most so many bytes a second, as rsync's --bwlimit takes it: 10m, 500k.",
      },
      max_message_bytes: {
        type: "integer",
        minimum: 1,
        description: "Larger messages are left out, and named.",
      },
      settle: seconds(
        "How long new may still take in a message whose connection was lost. So long the next look at that folder waits.",
        10,
      ),
      save_as: word(
        "The statistics' name among the run's files: NAME.csv has a row for each user; `imap-copy` otherwise.",
      ),
    },
    { required: ["old", "new"], anyOf: [given("users"), given("users_file")] },
  ),

  async check(args, host, context) {
    const accounts = await readAccounts(args, context);
    refuseOntoItself(args, accounts);
    const ways = waysOf(args);
    const between = `from ${ways.old.address} to ${ways.new.address}`;
    const summary = `mailboxes of ${accounts.length} users copied ${between}`;
    if (!context.checkMode) return { summary, args, accounts };
    const { tally, seconds } = await copyAll(args, accounts, host, context, true);
    const told = countsLine(tally.total(), seconds);
    context.notice(`would be: ${told}`);
    failFor(tally, told);
    if (!hasChanged(tally.total())) return undefined;
    const result = { ...tally.result(), new_users: namesOnNew(accounts) };
    return { summary: `${summary}: ${told}`, args, accounts, isForeseen: true, result };
  },

  // Messages are added, and flags set to those of their originals while nobody works on new.
  touches: () => [],

  async apply({ args, accounts }, host, context) {
    if (args.back === true) await requireFrozenNew(context.latches);
    const { tally, seconds } = await copyAll(args, accounts, host, context, false);
    const file = await context.runFile(`${args.save_as ?? "imap-copy"}.csv`);
    await writeFile(file, tally.csv(), { mode: 0o600 });
    const told = countsLine(tally.total(), seconds);
    context.notice(told);
    for (const what of tally.leftOut.filter(({ isFailure }) => !isFailure).slice(0, namedAtMost)) {
      context.notice(`left out: ${leftOutLine(what)}`);
    }
    failFor(tally, told);
    const result = { ...tally.result(), new_users: namesOnNew(accounts), seconds: Math.round(seconds), file };
    return { result, unchanged: !hasChanged(tally.total()) };
  },
});

function namesOnNew(accounts: readonly Account[]): string[] {
  return accounts.map(({ current }) => current.user);
}

async function copyAll(
  args: ImapCopyArgs,
  accounts: readonly Account[],
  host: HostReader,
  context: LookContext,
  isDry: boolean,
): Promise<{ readonly tally: Tally; readonly seconds: number }> {
  const began = performance.now();
  const tally = new Tally();
  const isBack = args.back ?? false;
  const isInUse = !isBack && (await context.latches.isSet("new-opened"));
  const ways = waysOf(args);
  await withServers(ways, host, context, async (servers) => {
    const { connections = 4, connections_per_user = 4 } = args;
    const places = new Places(connections);
    const work: CopyWork = {
      ...{ servers, isDry, isInUse, tally, context, places },
      mapFolders: mapperOf(args, isBack),
      isBack,
      between: [placeOf(ways.old), placeOf(ways.new)],
      foldersOnly: args.folders_only ?? false,
      maxMessageBytes: args.max_message_bytes,
      settleMs: (args.settle ?? 10) * 1000,
      pace: new Pace(args.bandwidth),
      pairsPerUser: Math.min(connections, connections_per_user),
    };
    const waiting = [...turned(accounts, isBack)];
    const copySome = async (): Promise<void> => {
      for (let account = waiting.shift(); account !== undefined; account = waiting.shift()) {
        await places.take();
        try {
          await copyUser(account, work);
        } finally {
          places.give();
        }
      }
    };
    const ended = await Promise.allSettled(
      Array.from({ length: Math.min(connections, accounts.length) }, copySome),
    );
    for (const one of ended) if (one.status === "rejected") throw one.reason;
  });
  return { tally, seconds: (performance.now() - began) / 1000 };
}

function refuseOntoItself(args: ImapCopyArgs, accounts: readonly Account[]): void {
  if (placeOf(args.old) !== placeOf(args.new)) return;
  const same = accounts.find(({ old, current }) => old.user === current.user);
  if (same === undefined) return;
  throw new Refused(`${same.old.user} on ${placeOf(args.old)} would be copied onto itself`, {
    next: "Correct the addresses of `old` and `new`.",
  });
}

function failFor(tally: Tally, told: string): void {
  const failures = tally.leftOut.filter(({ isFailure }) => isFailure);
  if (failures.length === 0) return;
  const lines = failures.slice(0, namedAtMost).map((what) => `  ${leftOutLine(what)}`);
  throw new Failure("task-failed", [`${told}. Not copied:`, ...lines].join("\n"), {
    next: "Mend what is named, and run it again: it goes on with what is missing.",
    result: tally.result(),
  });
}
