import type { LedgerFile, LedgerFolder, LedgerHead, LedgerMessage, LedgerSummary } from "./ledger.ts";
import { type LedgerLine, parseLedgerLine } from "./ledger-lines.ts";

/** A ledger read piece by piece: its head first, then the folders with their messages, then the other files. */
export interface LedgerReader {
  readonly head: LedgerHead;
  /** To be read to their end before the files. */
  folders(): AsyncGenerator<LedgerFolder>;
  files(): AsyncGenerator<LedgerFile>;
  /** Once all files are read. */
  summary(): LedgerSummary;
}

/** Reads a ledger from its text, which may come in pieces of any length. Holds one folder at a time. */
export async function readLedger(text: AsyncIterable<string>, name: string): Promise<LedgerReader> {
  const lines = new LineSource(text, name);
  const first = await lines.take();
  if (first?.kind !== "head") throw new Error(`${name} is no ledger: its first line is missing`);
  let summary: LedgerSummary | undefined;
  return {
    head: first.head,
    async *folders() {
      for (;;) {
        const line = await lines.peek();
        if (line?.kind !== "folder") return;
        yield await takeFolder(lines);
      }
    },
    async *files() {
      for (;;) {
        const line = await lines.take();
        if (line?.kind === "file") yield line.file;
        else {
          summary = endOf(line, name);
          return;
        }
      }
    },
    summary() {
      if (summary === undefined) throw new Error(`${name} was not read to its end`);
      return summary;
    },
  };
}

async function takeFolder(lines: LineSource): Promise<LedgerFolder> {
  const line = await lines.take();
  if (line?.kind !== "folder") throw new Error("takeFolder: not at a folder");
  const subscriptions: (readonly string[])[] = [];
  const messages: LedgerMessage[] = [];
  for (;;) {
    // Most lines are messages that are there already: waiting for each would cost more than reading it.
    const next = lines.peekNow() ?? (await lines.peek());
    if (next?.kind === "message") messages.push(next.message);
    else if (next?.kind === "subscription") subscriptions.push(next.parts);
    else return { ...line.folder, subscriptions, messages };
    lines.skip();
  }
}

function endOf(line: LedgerLine | undefined, name: string): LedgerSummary {
  if (line === undefined) throw new Error(`${name} was cut short: its last line is missing`);
  if (line.kind !== "end") throw new Error(`${name} is damaged: a ${line.kind} line among the files`);
  return line.summary;
}

/** Ledger lines out of pieces of text, one ahead. */
class LineSource {
  readonly #pieces: AsyncIterator<string>;
  readonly #name: string;
  #lines: string[] = [];
  #next = 0;
  #rest = "";
  #peeked: LedgerLine | undefined;
  #count = 0;

  constructor(text: AsyncIterable<string>, name: string) {
    this.#pieces = text[Symbol.asyncIterator]();
    this.#name = name;
  }

  /** The next line when it is in memory. */
  peekNow(): LedgerLine | undefined {
    if (this.#peeked === undefined && this.#next < this.#lines.length) {
      this.#peeked = this.#parse(this.#lines[this.#next] ?? "");
      this.#next += 1;
    }
    return this.#peeked;
  }

  async peek(): Promise<LedgerLine | undefined> {
    while (this.peekNow() === undefined) {
      const { value, done } = await this.#pieces.next();
      if (done) return this.#atEnd();
      this.#lines = (this.#rest + value).split("\n");
      this.#rest = this.#lines.pop() ?? "";
      this.#next = 0;
    }
    return this.#peeked;
  }

  skip(): void {
    this.#peeked = undefined;
  }

  async take(): Promise<LedgerLine | undefined> {
    const line = await this.peek();
    this.skip();
    return line;
  }

  #atEnd(): undefined {
    if (this.#rest !== "") throw new Error(`${this.#name} was cut short in line ${this.#count + 1}`);
    return undefined;
  }

  #parse(line: string): LedgerLine {
    this.#count += 1;
    try {
      return parseLedgerLine(line);
    } catch (error) {
      throw new Error(`${this.#name} is damaged in line ${this.#count}`, { cause: error });
    }
  }
}
