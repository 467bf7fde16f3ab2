import type { ByteText } from "../../mail/byte-text.ts";
import type { FolderEvidence } from "../../mail/folder-evidence.ts";
import type { FolderTally } from "../../mail/folder-tally.ts";
import type { LedgerFile, LedgerHead, LedgerSummary } from "../../mail/ledger.ts";
import { endLine, fileLine, folderLines, headLine } from "../../mail/ledger-lines.ts";
import { LedgerScan } from "../../mail/ledger-scan.ts";
import { layoutOf } from "../../mail/maildir-folder.ts";
import type { ByteFile } from "../ledger-file.ts";

/** How far a scan has come. */
export interface ScanCounts {
  mailboxes: number;
  folders: number;
  messages: number;
  bytes: number;
  otherFiles: number;
}

/** Writes a ledger while its scan comes in, and counts. */
export class LedgerWriter {
  readonly #file: ByteFile;
  readonly #scan: LedgerScan;
  readonly #onCount: (counts: Readonly<ScanCounts>) => void;
  readonly #counts: ScanCounts = {
    ...{ mailboxes: 0, folders: 0, messages: 0, bytes: 0, otherFiles: 0 },
  };
  readonly #owners = new Map<string, number>();
  readonly #layouts = new Map<string, number>();
  #maildir: ByteText | undefined;
  #unhashed: ByteText | undefined;
  #lastTold = 0;

  constructor(head: LedgerHead, file: ByteFile, onCount: (counts: Readonly<ScanCounts>) => void) {
    this.#file = file;
    this.#onCount = onCount;
    this.#file.write(headLine(head));
    this.#scan = new LedgerScan({
      onFolder: (folder, tally) => this.#addFolder(folder, tally),
      onFile: (entry) => this.#addFile(entry),
    });
  }

  /** True once the whole scan was read. */
  get ended(): boolean {
    return this.#scan.ended;
  }

  /** The path of the first message that came without a hash. */
  get unhashed(): ByteText | undefined {
    return this.#unhashed;
  }

  feed(chunk: Buffer): void {
    this.#scan.feed(chunk);
    if (Date.now() - this.#lastTold < 200) return;
    this.#lastTold = Date.now();
    this.#onCount(this.#counts);
  }

  /** How many messages belong to whom, by number. */
  get owners(): ReadonlyMap<string, number> {
    return this.#owners;
  }

  /** `names` has the owners' names by number. */
  finish(names: ReadonlyMap<string, string>): LedgerSummary {
    const owners: Record<string, number> = {};
    for (const [uid, count] of this.#owners) {
      const name = names.get(uid) ?? uid;
      owners[name] = (owners[name] ?? 0) + count;
    }
    const summary: LedgerSummary = {
      ...this.#counts,
      owners,
      layouts: Object.fromEntries(this.#layouts),
    };
    this.#file.write(endLine(summary));
    this.#file.finish();
    return summary;
  }

  #addFolder(folder: FolderEvidence, { sizeBytes, owners, unhashed }: FolderTally): void {
    for (const piece of folderLines(folder)) this.#file.write(piece);
    if (unhashed !== undefined) this.#unhashed ??= unhashed;
    if (folder.maildir !== this.#maildir) this.#counts.mailboxes += 1;
    this.#maildir = folder.maildir;
    this.#counts.folders += 1;
    this.#counts.messages += folder.count;
    this.#counts.bytes += sizeBytes;
    for (const [owner, count] of owners) this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + count);
    const layout = layoutOf(folder.directory);
    if (layout !== undefined) this.#layouts.set(layout, (this.#layouts.get(layout) ?? 0) + 1);
  }

  #addFile(file: LedgerFile): void {
    this.#file.write(fileLine(file));
    this.#counts.otherFiles += 1;
  }
}
