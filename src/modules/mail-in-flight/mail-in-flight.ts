import { readFile, writeFile } from "node:fs/promises";
import type { Look } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import { type LookContext, lookingModule } from "../../contract/module.ts";
import {
  type AccountedMessage,
  failingWays,
  type Whereabouts,
  whereaboutsWords,
} from "../../mail/in-flight.ts";
import { type MailInFlightArgs, mailInFlightArguments } from "./arguments.ts";
import { type Account, drawAccount } from "./draw-account.ts";

/** Says of every message that the old host accepted where it went, by Postfix's log and queue. */
export const mailInFlight = lookingModule<MailInFlightArgs>({
  name: "mail_in_flight",
  isGuard: true,
  description:
    "Follows every message that the host accepted since the last copy through Postfix's log (the journal, or the log files with the rotated ones) and queue, and says where it went. Fails (exit code 5) when nothing tells of a message, when one was put into a moved mailbox behind the last ledger, or when the log has gaps. Registers `messages`, `since`, `went` (a number for each way), `exceptions` and `file`.",
  args: mailInFlightArguments,

  async look(args, host, context) {
    const { save_as = "in-flight", since, accept_unknown = false } = args;
    if (args.mark ?? false) return note(Number(since ?? host.facts.clock), save_as, context);
    const from = since === undefined ? await lastNoted(save_as, context) : Number(since);
    const account = await drawAccount(args, from, host, context);
    const faults = faultsOf(account);
    const message = [summaryOf(account), ...faults].join("\n");
    const { totals, exceptions, file } = account;
    if (faults.length > 0 && !accept_unknown) throw unaccounted(message, file, host.name);
    return {
      message,
      result: {
        messages: totals.messages,
        since: from,
        went: Object.fromEntries(whereaboutsWords.map((word) => [word, totals.went.get(word) ?? 0])),
        exceptions: exceptions.map(messageLine),
        file,
      },
    };
  },
});

async function note(since: number, name: string, context: LookContext): Promise<Look> {
  await writeFile(await context.runFile(`${name}-since`), `${since}\n`, { mode: 0o600 });
  return { message: `the account begins at ${asTime(since)}`, result: { since } };
}

/** 0 when no copy noted its beginning. */
async function lastNoted(name: string, context: LookContext): Promise<number> {
  const path = await context.lastRunFile(`${name}-since`);
  return path === undefined ? 0 : Number(await readFile(path, "utf8"));
}

function summaryOf({ since, totals }: Account): string {
  const told = whereaboutsWords.flatMap((word) => {
    const count = totals.went.get(word) ?? 0;
    return count === 0 ? [] : `${count} ${words[word] ?? word}`;
  });
  const from = since === 0 ? "in all of the log" : `since ${asTime(since)}`;
  return `${totals.messages} messages ${from}: ${told.join(", ") || "nothing came in"}`;
}

/** Words that say more to a person than the ones of the account. */
const words: Partial<Record<Whereabouts, string>> = {
  relayed: "relayed to new",
  sent: "sent to other servers",
  forwarded: "under another queue id",
  hold: "held",
  "delivered-late": "delivered here behind the last ledger",
  unknown: "that nothing tells of",
};

/** What keeps the account from saying that nothing was lost, a line each. */
function faultsOf({ since, log, totals, exceptions }: Account): string[] {
  const { oldest } = log;
  const isShort = since > 0 && (oldest === undefined || oldest > since);
  const reach = oldest === undefined ? "holds nothing" : `reaches back to ${asTime(oldest)} only`;
  return [
    ...(isShort ? [`  the mail log (${log.source}) ${reach}; what came before can't be known`] : []),
    ...totals.linesLost.map((text) => `  the journal has a gap: ${text}`),
    ...exceptions.map((message) => `  ${messageLine(message)}`),
  ];
}

/** "4ABC from a@example.org <id@example.org>: unknown, to b@example.org: no word of 1 of its recipients" */
function messageLine({ id, sender, messageId, ways }: AccountedMessage): string {
  const told = ways
    .filter(({ went }) => failingWays.has(went))
    .map(({ went, recipient, said }) =>
      [
        went,
        ...(recipient === undefined ? [] : [`to ${recipient}`]),
        ...(said === undefined ? [] : [said]),
      ].join(", "),
    );
  const from = sender === undefined ? "" : ` from <${sender}>`;
  const name = messageId === undefined || messageId === "" ? "" : ` (${messageId})`;
  return `${id}${from}${name}: ${told.join("; ")}`;
}

function unaccounted(message: string, file: string, host: string): Failure {
  return new Failure("proof-failed", message, {
    host,
    next: `Every message stands in ${file}. Look for the named ones on both hosts; once you know where they are, say \`accept_unknown: true\` (accept_in_flight of the role).`,
  });
}

function asTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}
