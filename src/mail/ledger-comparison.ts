import { type ByteText, readable } from "./byte-text.ts";
import { type FolderEvidence, hidesUids, isSameEvidence, readFolder } from "./folder-evidence.ts";
import { inStep, pairsInStep } from "./in-step.ts";
import { folderKey, type LedgerFile, type LedgerFolder, type LedgerMessage } from "./ledger.ts";
import type { LedgerReader } from "./ledger-reader.ts";
import { folderName, mailboxName } from "./maildir-folder.ts";
import {
  type Difference,
  noCounts,
  type ProofCounts,
  type ProofException,
  type ProofRules,
} from "./proof.ts";

/** Hears what a comparison finds, as it finds it. */
export interface ComparisonListener {
  onException(exception: ProofException): void;
  /** Called when all folders of a mailbox are compared, in order. */
  onMailbox(mailbox: string, counts: ProofCounts): void;
  /** Called for a file beside the messages whose content no ledger tells: only its sizes were compared. */
  onLongFile?(path: string): void;
  /** Called for a message on both hosts that one of two hashed ledgers has no hash of: only its sizes were compared. */
  onUnhashed?(): void;
}

/**
 * Compares the old host's ledger with the new one's by one walk through both: messages match by folder and unique
 * base name, whatever their flags and whether they lie in `cur` or `new`. A folder that is the same byte by byte is not read
 * message by message. With `expectUids` each folder of old is told whose UIDs nothing tells. Gives the sums.
 */
export async function compareLedgers(
  old: LedgerReader,
  current: LedgerReader,
  listener: ComparisonListener,
  { expectUids = false }: Pick<ProofRules, "expectUids"> = {},
): Promise<ProofCounts> {
  const hashesCompare = old.head.hash !== "none" && old.head.hash === current.head.hash;
  const comparison = new Comparison(listener, hashesCompare, expectUids);
  for await (const [before, after] of inStep(old.folders(), current.folders(), folderKey)) {
    comparison.compareFolders(before, after);
  }
  comparison.endMailbox();
  for await (const [before, after] of inStep(old.files(), current.files(), ({ path }) => `${path}/`)) {
    comparison.compareFiles(before, after);
  }
  return comparison.total;
}

class Comparison {
  readonly total = noCounts();
  readonly #listener: ComparisonListener;
  readonly #hashesCompare: boolean;
  readonly #expectUids: boolean;
  #mailbox: ByteText | undefined;
  #counts = noCounts();

  constructor(listener: ComparisonListener, hashesCompare: boolean, expectUids: boolean) {
    this.#listener = listener;
    this.#hashesCompare = hashesCompare;
    this.#expectUids = expectUids;
  }

  compareFolders(before: FolderEvidence | undefined, after: FolderEvidence | undefined): void {
    const folder = before ?? after;
    if (folder === undefined) return;
    this.#enterMailbox(mailboxName(folder.maildir));
    if (this.#expectUids && before !== undefined && hidesUids(before)) {
      const name = readable(folderName(before.directory));
      this.#except("uids-unknown", name, name);
    }
    if (before !== undefined && after !== undefined && isSameEvidence(before, after)) {
      this.#counts["on-both"] += folder.count;
    } else this.#compareRead(before && readFolder(before), after && readFolder(after), folder);
  }

  compareFiles(old: LedgerFile | undefined, current: LedgerFile | undefined): void {
    const path = readable(old?.path ?? current?.path ?? "");
    this.#counts = noCounts();
    if (old === undefined) this.#exceptFile("file-extra", path);
    else if (current === undefined) this.#exceptFile("file-missing", path);
    else if (fileContent(old) !== fileContent(current)) {
      this.#exceptFile("file-differs", path, fileContent(old), fileContent(current));
    } else if (old.type === "file" && old.content === "") this.#listener.onLongFile?.(path);
    this.#addToTotal();
  }

  endMailbox(): void {
    if (this.#mailbox === undefined) return;
    this.#listener.onMailbox(readable(this.#mailbox), this.#counts);
    this.#addToTotal();
    this.#mailbox = undefined;
    this.#counts = noCounts();
  }

  #enterMailbox(mailbox: ByteText): void {
    if (mailbox === this.#mailbox) return;
    this.endMailbox();
    this.#mailbox = mailbox;
  }

  #compareRead(
    old: LedgerFolder | undefined,
    current: LedgerFolder | undefined,
    { directory }: FolderEvidence,
  ): void {
    const name = readable(folderName(directory));
    if (current === undefined) this.#except("folder-missing", name, name);
    else if (old === undefined) this.#except("folder-extra", name, name);
    else this.#compareFolderWords(old, current, name);
    const pairs = pairsInStep(old?.messages ?? [], current?.messages ?? [], ({ base }) => base);
    for (const [before, after] of pairs) this.#compareMessages(before, after, name);
  }

  #compareFolderWords(old: LedgerFolder, current: LedgerFolder, name: string): void {
    if (old.uidValidity !== undefined && old.uidValidity !== current.uidValidity) {
      this.#except("uidvalidity-differs", name, name, told(old.uidValidity), told(current.uidValidity));
    }
    const subscribed = new Set(current.subscriptions.map((parts) => parts.join("/")));
    for (const parts of old.subscriptions) {
      const subscription = parts.join("/");
      if (!subscribed.has(subscription)) this.#except("subscription-missing", name, readable(subscription));
    }
  }

  #compareMessages(old: LedgerMessage | undefined, current: LedgerMessage | undefined, folder: string): void {
    const name = readable(old?.base ?? current?.base ?? "");
    if (current === undefined) this.#except("missing", folder, name);
    else if (old === undefined) this.#except("extra", folder, name);
    else {
      this.#counts["on-both"] += 1;
      this.#compareMessageWords(old, current, folder, name);
    }
  }

  #compareMessageWords(old: LedgerMessage, current: LedgerMessage, folder: string, name: string): void {
    // Only in a ledger taken while mailboxes are in use may one have none: a message that was renamed meanwhile.
    const bothHashed = old.hash !== undefined && current.hash !== undefined;
    const hashDiffers = this.#hashesCompare && bothHashed && old.hash !== current.hash;
    if (old.size !== current.size || hashDiffers) {
      this.#except("altered", folder, name, contentOf(old), contentOf(current));
    } else if (this.#hashesCompare && !bothHashed) this.#listener.onUnhashed?.();
    if (old.flags !== current.flags || old.keywords !== current.keywords) {
      this.#except("flags-differ", folder, name, flagsOf(old), flagsOf(current));
    }
    if (old.uid !== undefined && old.uid !== current.uid) {
      this.#except("uid-differs", folder, name, told(old.uid), told(current.uid));
    }
  }

  #except(difference: Difference, folder: string, name: string, old?: string, current?: string): void {
    this.#counts[difference] += 1;
    const mailbox = readable(this.#mailbox ?? "");
    this.#listener.onException({ difference, mailbox, folder, name, old, new: current });
  }

  #exceptFile(difference: Difference, path: string, old?: string, current?: string): void {
    this.#counts[difference] += 1;
    const mailbox = path.split("/").slice(0, 2).join("/");
    this.#listener.onException({ difference, mailbox, name: path, old, new: current });
  }

  #addToTotal(): void {
    for (const word of Object.keys(this.total) as (keyof ProofCounts)[]) {
      this.total[word] += this.#counts[word];
    }
  }
}

function fileContent({ type, size, content }: LedgerFile): string {
  return type === "link" ? `link to ${readable(content)}` : `${type} of ${size} bytes ${content}`.trimEnd();
}

function contentOf({ size, hash }: LedgerMessage): string {
  return hash === undefined ? `${size} bytes` : `${size} bytes ${hash}`;
}

function flagsOf({ flags, keywords }: LedgerMessage): string {
  return `${flags} ${readable(keywords)}`.trim();
}

function told(value: number | undefined): string {
  return value === undefined ? "none" : String(value);
}
