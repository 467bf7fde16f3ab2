import { printableJson } from "../contract/json.ts";
import { csvLine } from "./csv.ts";
import { type ExplainedExtra, type Explanation, placeOf } from "./extra-messages.ts";
import { type ComparisonListener, compareLedgers } from "./ledger-comparison.ts";
import type { LedgerReader } from "./ledger-reader.ts";
import {
  type Difference,
  failingDifferences,
  noCounts,
  type ProofCounts,
  type ProofException,
  type ProofRules,
} from "./proof.ts";
import { proofNotes } from "./proof-notes.ts";

/** `same`: nothing differs. `complete`: what differs may. */
export type Verdict = "same" | "complete" | "failed";

/** Takes a proof as it is written: the same ledgers under the same rules give the same bytes. */
export interface ProofSinks {
  /** JSON lines: `proof`, then `exception` and `mailbox` as they come, `total`, and a `note` for each thing that was not compared. */
  lines(text: string): void;
  /** CSV: a row for each mailbox, and the total. */
  mailboxes(text: string): void;
  /** CSV: a row for each exception. */
  exceptions(text: string): void;
}

/** What a proof is made of, as its first line says. */
export interface ProofGrounds {
  /** The ledgers' names among the runs' files. */
  readonly ledgers: { readonly old: string; readonly new: string };
  readonly rules: ProofRules;
  /** The run file that explains the extra messages. */
  readonly extras?: string | undefined;
}

/** What a proof came to. */
export interface ProofAccount {
  readonly counts: ProofCounts;
  readonly mailboxes: number;
  /** How many extra messages are explained in which way; undefined where nobody looked. */
  readonly explained?: Readonly<Record<Explanation, number>> | undefined;
  /** The first exceptions, those that make it fail before all others. */
  readonly first: readonly ProofException[];
  readonly verdict: Verdict;
  /** What was not compared, a text each. */
  readonly notes: readonly string[];
}

/** How many exceptions are named on screen and in a result; the files have all. */
const shownAtMost = 20;

/** Compares two ledgers and writes down everything that is found, as it is found. */
export async function drawProof(
  old: LedgerReader,
  current: LedgerReader,
  { ledgers, rules, extras }: ProofGrounds,
  sinks: ProofSinks,
  explanations?: ReadonlyMap<string, ExplainedExtra>,
): Promise<ProofAccount> {
  const head = { old: old.head, new: current.head, ledgers, extras };
  const explained = { arrived: 0, saved: 0, unexplained: 0 };
  let [longFiles, unhashed] = [0, 0];
  const account = await accountFor(head, rules, sinks, (listener) => {
    const explaining: ComparisonListener = {
      ...listener,
      onException(exception) {
        if (explanations === undefined || exception.difference !== "extra") {
          return listener.onException(exception);
        }
        const found = explanations.get(placeOf(exception)) ?? { explained: "unexplained" };
        explained[found.explained] += 1;
        listener.onException({ ...exception, ...found });
      },
      onLongFile: () => {
        longFiles += 1;
      },
      onUnhashed: () => {
        unhashed += 1;
      },
    };
    return compareLedgers(old, current, explaining, rules);
  });
  const unknownUids = account.counts["uids-unknown"];
  const notes = proofNotes({ old: old.head, current: current.head, unknownUids, longFiles, unhashed });
  for (const note of notes) sinks.lines(`${printableJson({ type: "note", note })}\n`);
  return { ...account, notes, ...(explanations === undefined ? {} : { explained }) };
}

/** Writes down everything that a comparison finds, as it finds it. `head` says what is compared. */
export async function accountFor(
  head: object,
  rules: ProofRules,
  sinks: ProofSinks,
  compare: (listener: ComparisonListener) => Promise<ProofCounts>,
): Promise<ProofAccount> {
  const failing = failingDifferences(rules);
  const line = (value: object): void => sinks.lines(`${printableJson(value)}\n`);
  const row = (mailbox: string, verdict: Verdict, counts: ProofCounts): void =>
    sinks.mailboxes(csvLine([mailbox, verdict, ...words.map((word) => counts[word])]));
  const bad: ProofException[] = [];
  const other: ProofException[] = [];
  let mailboxes = 0;
  line({ type: "proof", ...head, rules });
  sinks.mailboxes(csvLine(["mailbox", "verdict", ...words]));
  sinks.exceptions(csvLine([...exceptionColumns, "explained", "at", "message-id"]));
  const counts = await compare({
    onException: (exception) => {
      line({ type: "exception", ...exception });
      const { difference, mailbox, folder, name } = exception;
      const { explained, at, messageId } = exception;
      const sides = [exception.old, exception.new];
      sinks.exceptions(csvLine([difference, mailbox, folder, name, ...sides, explained, at, messageId]));
      const kept = failing.has(difference) ? bad : other;
      if (kept.length < shownAtMost) kept.push(exception);
    },
    onMailbox: (mailbox, ofMailbox) => {
      mailboxes += 1;
      const verdict = verdictOf(ofMailbox, failing);
      line({ type: "mailbox", mailbox, verdict, ...ofMailbox });
      row(mailbox, verdict, ofMailbox);
    },
  });
  const verdict = verdictOf(counts, failing);
  line({ type: "total", verdict, mailboxes, ...counts });
  row("total", verdict, counts);
  return { counts, mailboxes, first: [...bad, ...other].slice(0, shownAtMost), verdict, notes: [] };
}

const exceptionColumns = ["difference", "mailbox", "folder", "name", "old", "new"];

/** The proof in one sentence. */
export function proofSummary({ counts, mailboxes, verdict, explained }: ProofAccount): string {
  const differing = Object.entries(counts).filter(([word, count]) => word !== "on-both" && count > 0);
  const told = differing.map(([word, count]) => {
    return `${count} ${word}${word === "extra" && explained !== undefined ? ` (${wordsOf(explained)})` : ""}`;
  });
  const said = `${counts["on-both"]} messages of ${mailboxes} mailboxes are on both hosts`;
  const end = { same: "nothing differs", complete: "nothing is lost", failed: "the proof failed" }[verdict];
  return `${[said, ...told].join(", ")}: ${end}`;
}

function wordsOf({ arrived, saved, unexplained }: Readonly<Record<Explanation, number>>): string {
  const parts = [
    ...(arrived > 0 ? [`${arrived} arrived since`] : []),
    ...(saved > 0 ? [`${saved} saved there since`] : []),
    ...(unexplained > 0 ? [`${unexplained} not explained`] : []),
  ];
  return parts.join(", ");
}

const words = Object.keys(noCounts()) as (keyof ProofCounts)[];

function verdictOf(counts: ProofCounts, failing: ReadonlySet<Difference>): Verdict {
  const differing = words.filter((word) => word !== "on-both" && counts[word] > 0) as Difference[];
  if (differing.some((word) => failing.has(word))) return "failed";
  return differing.length > 0 ? "complete" : "same";
}
