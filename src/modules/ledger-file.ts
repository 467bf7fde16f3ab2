import { createReadStream, renameSync } from "node:fs";
import { Failure } from "../contract/errors.ts";
import type { LookContext } from "../contract/module.ts";
import type { LedgerHead } from "../mail/ledger.ts";
import { type LedgerReader, readLedger } from "../mail/ledger-reader.ts";
import { OutputFile } from "./output-file.ts";

/** Opens the newest ledger of a name. Throws a failure that says which task makes it. */
export async function openLedger(
  name: string,
  context: Pick<LookContext, "lastRunFile">,
): Promise<LedgerReader> {
  return openLedgerFile(await ledgerPath(name, context));
}

/** Opens the ledger at a path. */
export function openLedgerFile(path: string): Promise<LedgerReader> {
  return readLedger(createReadStream(path, { highWaterMark: 1 << 18 }), path);
}

/** What the newest ledger of a name says of itself. Throws as `openLedger` does. */
export async function readLedgerHead(
  name: string,
  context: Pick<LookContext, "lastRunFile">,
): Promise<LedgerHead> {
  return readHeadOf(await ledgerPath(name, context));
}

/** What the ledger at a path says of itself. */
export async function readHeadOf(path: string): Promise<LedgerHead> {
  const bytes = createReadStream(path);
  try {
    return (await readLedger(bytes, path)).head;
  } finally {
    bytes.destroy();
  }
}

async function ledgerPath(name: string, context: Pick<LookContext, "lastRunFile">): Promise<string> {
  const path = await context.lastRunFile(name);
  if (path !== undefined) return path;
  throw new Failure("task-failed", `there is no ledger "${name}" of this migration`, {
    next: `A task mail_ledger with save_as: ${name} makes it.`,
  });
}

/** A file of bytes on the controller that takes its name only when it is whole. */
export class ByteFile {
  readonly path: string;
  readonly #unfinished: string;
  readonly #output: OutputFile;
  #waiting: Buffer[] = [];
  #waitingLength = 0;

  /** `host` is whose output it is made of. */
  constructor(path: string, host?: string | undefined) {
    this.path = path;
    this.#unfinished = `${path}.unfinished`;
    this.#output = new OutputFile(this.#unfinished, host);
  }

  /** Takes bytes, or text with one character a byte. Written at once in large pieces: what comes in waits, so memory stays small. */
  write(bytes: Buffer | string): void {
    this.#waiting.push(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    this.#waitingLength += bytes.length;
    if (this.#waitingLength > 1 << 18) this.#flush();
  }

  finish(): void {
    this.#flush();
    this.#output.close();
    renameSync(this.#unfinished, this.path);
  }

  /** Leaves what there is under its unfinished name. */
  abandon(): void {
    this.#output.close();
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#output.take(bytes);
  }
}
