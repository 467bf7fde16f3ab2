import { ByteSource } from "./byte-source.ts";
import type { FolderEvidence } from "./folder-evidence.ts";
import type { LedgerFile, LedgerHead, LedgerSummary } from "./ledger.ts";
import { type FolderHead, type LedgerLine, parseLedgerLine } from "./ledger-lines.ts";

/** A ledger read piece by piece: its head first, then the folders with their messages, then the other files. */
export interface LedgerReader {
  readonly head: LedgerHead;
  /** To be read to their end before the files. */
  folders(): AsyncGenerator<FolderEvidence>;
  files(): AsyncGenerator<LedgerFile>;
  /** Once all files are read. */
  summary(): LedgerSummary;
}

/** Reads a ledger from its bytes, which may come in pieces of any length. Holds one folder at a time. */
export async function readLedger(bytes: AsyncIterable<Buffer>, name: string): Promise<LedgerReader> {
  const lines = new LineSource(bytes, name);
  const first = await lines.take();
  if (first?.kind !== "head") throw new Error(`${name} is no ledger: its first line is missing`);
  let next: LedgerLine | undefined;
  let summary: LedgerSummary | undefined;
  return {
    head: first.head,
    async *folders() {
      for (;;) {
        next = await lines.take();
        if (next?.kind !== "folder") return;
        yield await lines.takeBytes(next.folder);
      }
    },
    async *files() {
      for (; next?.kind === "file"; next = await lines.take()) yield next.file;
      summary = endOf(next, name);
    },
    summary() {
      if (summary === undefined) throw new Error(`${name} was not read to its end`);
      return summary;
    },
  };
}

function endOf(line: LedgerLine | undefined, name: string): LedgerSummary {
  if (line === undefined) throw new Error(`${name} was cut short: its last line is missing`);
  if (line.kind !== "end") throw new Error(`${name} is damaged: a ${line.kind} line among the files`);
  return line.summary;
}

/** Ledger lines, and what lies between them, out of pieces of bytes. */
class LineSource {
  readonly #bytes: ByteSource;
  readonly #name: string;
  #count = 0;

  constructor(bytes: AsyncIterable<Buffer>, name: string) {
    this.#bytes = new ByteSource(bytes);
    this.#name = name;
  }

  async take(): Promise<LedgerLine | undefined> {
    const line = this.#bytes.lineNow() ?? (await this.#bytes.line());
    if (line === undefined) return undefined;
    this.#count += 1;
    if (!line.isWhole) throw new Error(`${this.#name} was cut short in line ${this.#count}`);
    try {
      return parseLedgerLine(line.text);
    } catch (error) {
      throw new Error(`${this.#name} is damaged in line ${this.#count}`, { cause: error });
    }
  }

  async takeBytes({ maildir, directory, count, lengths }: FolderHead): Promise<FolderEvidence> {
    const length = lengths.reduce((sum, one) => sum + one, 0);
    const bytes = this.#bytes.takeNow(length + 1) ?? (await this.#bytes.take(length + 1));
    if (bytes?.[length] !== lineFeed) throw new Error(`${this.#name} is damaged behind line ${this.#count}`);
    const [keywords, subscriptions, messages] = [lengths[0], lengths[0] + lengths[1], length - lengths[3]];
    return {
      maildir,
      directory,
      count,
      uidlist: bytes.subarray(0, keywords),
      keywords: bytes.subarray(keywords, subscriptions),
      subscriptions: bytes.subarray(subscriptions, messages),
      messages: bytes.subarray(messages, length),
    };
  }
}

const lineFeed = 10;
