import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import {
  type AccountedMessage,
  failingWays,
  type InFlightQuestion,
  type InFlightTotals,
} from "../../mail/in-flight.ts";
import { InFlightAccount } from "../../mail/in-flight-account.ts";
import { parsePostfixLine, postfixPattern } from "../../mail/postfix-log.ts";
import { ByteFile, readLedgerHead } from "../ledger-file.ts";
import { type MailLog, readMailLog } from "../mail-log/read-mail-log.ts";
import { sleep } from "../sleep.ts";
import type { MailInFlightArgs } from "./arguments.ts";
import { listWaiting } from "./list-waiting.ts";

/** The account of one host. */
export interface Account {
  readonly since: number;
  readonly log: MailLog;
  readonly totals: InFlightTotals;
  /** The first messages that have no good end. */
  readonly exceptions: readonly AccountedMessage[];
  readonly file: string;
}

/** How many are named on screen and in the result; the file has every message. */
const shownAtMost = 20;

/** A line of the log may be written later than what it tells of: a message without an end is looked for again. */
const attempts = 3;

/** Draws the account, and again where the log may not tell everything yet. */
export async function drawAccount(
  args: MailInFlightArgs,
  since: number,
  host: HostReader,
  context: LookContext,
): Promise<Account> {
  for (let attempt = 1; ; attempt += 1) {
    const account = await drawOnce(args, since, host, context);
    if (attempt === attempts || !account.totals.went.has("unknown")) return account;
    await sleep(1000, context.signal);
  }
}

async function drawOnce(
  args: MailInFlightArgs,
  since: number,
  host: HostReader,
  context: LookContext,
): Promise<Account> {
  // The queue first: what was in it and left shows in the log; what came behind is not asked for.
  const waiting = await listWaiting(host);
  const file = new ByteFile(await context.runFile(`${args.save_as ?? "in-flight"}.jsonl`));
  const exceptions: AccountedMessage[] = [];
  const account = new InFlightAccount({
    ...waiting,
    ...(await sidesOf(args, host, context)),
    onMessage: (message) => {
      file.write(Buffer.from(`${JSON.stringify(message)}\n`).toString("latin1"));
      const isException = message.ways.some(({ went }) => failingWays.has(went));
      if (isException && exceptions.length < shownAtMost) exceptions.push(message);
    },
  });
  try {
    const question = { since, pattern: postfixPattern, signal: context.signal };
    const log = await readMailLog(host, question, (line) => {
      const event = parsePostfixLine(line);
      if (event !== undefined) account.take(event);
    });
    const totals = account.finish();
    file.finish();
    return { since, log, totals, exceptions, file: file.path };
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Which relays are new, whose mailboxes move, and when the last ledger was begun by the host's clock. */
async function sidesOf(
  args: MailInFlightArgs,
  host: HostReader,
  context: LookContext,
): Promise<Pick<InFlightQuestion, "ledgerAt" | "isNewHost" | "isMovedRecipient">> {
  const isNew = new Set((args.new ?? []).map((name) => name.toLowerCase()));
  const moved = new Set((args.domains ?? []).map((domain) => domain.toLowerCase()));
  const head = args.ledger === undefined ? undefined : await readLedgerHead(args.ledger, context);
  return {
    ledgerAt: head === undefined ? undefined : Date.parse(head.takenAt) / 1000 + host.facts.clock_skew,
    isNewHost: (relay) => relayNames(relay).some((name) => isNew.has(name)),
    isMovedRecipient: (recipient) => moved.has(recipient.slice(recipient.lastIndexOf("@") + 1).toLowerCase()),
  };
}

/** "mail.example.org[192.0.2.1]:25" is known by its name and by its address. */
function relayNames(relay: string): string[] {
  const [, name = "", address = ""] = /^([^[]*)\[([^\]]*)\]/.exec(relay) ?? [];
  return [name.toLowerCase(), address.toLowerCase()].filter((word) => word !== "");
}
