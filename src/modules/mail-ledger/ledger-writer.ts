import type { ByteText } from "../../mail/byte-text.ts";
import type { LedgerFile, LedgerFolder, LedgerHead, LedgerSummary } from "../../mail/ledger.ts";
import { endLine, fileLine, folderLines, headLine } from "../../mail/ledger-lines.ts";
import { LedgerScan } from "../../mail/ledger-scan.ts";
import { layoutOf } from "../../mail/maildir-folder.ts";
import type { ByteFile } from "../ledger-file.ts";

interface Counts {
  mailboxes: number;
  folders: number;
  messages: number;
  bytes: number;
  withoutUid: number;
  otherFiles: number;
}

/** Writes a ledger while its scan comes in, and counts. */
export class LedgerWriter {
  readonly #file: ByteFile;
  readonly #scan: LedgerScan;
  readonly #onCount: (counts: Readonly<Counts>) => void;
  readonly #counts: Counts = {
    ...{ mailboxes: 0, folders: 0, messages: 0, bytes: 0, withoutUid: 0, otherFiles: 0 },
  };
  readonly #owners = new Map<string, number>();
  readonly #layouts = new Map<string, number>();
  #maildir: ByteText | undefined;
  #lastTold = 0;

  constructor(head: LedgerHead, file: ByteFile, onCount: (counts: Readonly<Counts>) => void) {
    this.#file = file;
    this.#onCount = onCount;
    this.#file.write(headLine(head));
    this.#scan = new LedgerScan({
      onFolder: (folder, owners) => this.#addFolder(folder, owners),
      onFile: (entry) => this.#addFile(entry),
    });
  }

  /** True once the whole scan was read. */
  get ended(): boolean {
    return this.#scan.ended;
  }

  feed(chunk: Buffer): void {
    this.#scan.feed(chunk);
    if (Date.now() - this.#lastTold < 200) return;
    this.#lastTold = Date.now();
    this.#onCount(this.#counts);
  }

  finish(): LedgerSummary {
    const summary: LedgerSummary = {
      ...this.#counts,
      owners: Object.fromEntries(this.#owners),
      layouts: Object.fromEntries(this.#layouts),
    };
    this.#file.write(endLine(summary));
    this.#file.finish();
    return summary;
  }

  #addFolder(folder: LedgerFolder, owners: ReadonlyMap<string, number>): void {
    this.#file.write(folderLines(folder));
    if (folder.maildir !== this.#maildir) this.#counts.mailboxes += 1;
    this.#maildir = folder.maildir;
    this.#counts.folders += 1;
    this.#counts.messages += folder.messages.length;
    for (const { size, uid } of folder.messages) {
      this.#counts.bytes += size;
      if (uid === undefined) this.#counts.withoutUid += 1;
    }
    for (const [owner, count] of owners) this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + count);
    const layout = layoutOf(folder.directory);
    if (layout !== undefined) this.#layouts.set(layout, (this.#layouts.get(layout) ?? 0) + 1);
  }

  #addFile(file: LedgerFile): void {
    this.#file.write(fileLine(file));
    this.#counts.otherFiles += 1;
  }
}
