import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import type { SenderEvent } from "./events.ts";

/** An open, append-only log of JSON lines. */
export interface SenderLog {
  write(event: SenderEvent): void;
  close(): void;
}

/** What became of one mail. `waiting`: it is still in the sender's queue, no server has taken it. */
export interface MailRecord {
  readonly id: string;
  readonly to: string;
  readonly finals: readonly string[];
  readonly state: "accepted" | "refused" | "unknown" | "waiting";
  readonly attempts: number;
  /** Attempts that may have put a copy on a server without telling. */
  readonly unknownAttempts: number;
  /** The server that decided, once one did. */
  readonly server?: string | undefined;
  /** When it was accepted or refused, ISO 8601. */
  readonly settledAt?: string | undefined;
}

/** Opens a log for appending. Every line is handed to the kernel at once, so that a killed sender loses none. */
export function openSenderLog(path: string): SenderLog {
  const descriptor = openSync(path, "a", 0o600);
  return {
    write: (event) => {
      writeSync(descriptor, `${JSON.stringify(event)}\n`);
    },
    close: () => closeSync(descriptor),
  };
}

/** Reads a sender's log into one record per Message-ID. A last line cut short by a kill is left out. */
export async function readSenderLog(path: string): Promise<ReadonlyMap<string, MailRecord>> {
  const records = new Map<string, OpenRecord>();
  const lines = createInterface({
    input: createReadStream(path, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let torn: string | undefined;
  for await (const line of lines) {
    if (torn !== undefined) throw new Error(`${path} holds a line that is no JSON: ${torn}`);
    const event = parseLine(line);
    if (event === undefined) torn = line;
    else note(records, event);
  }
  return new Map([...records].map(([id, record]) => [id, settled(record)]));
}

interface OpenRecord {
  readonly id: string;
  readonly to: string;
  readonly finals: readonly string[];
  attempts: number;
  unknownAttempts: number;
  dotSent: boolean;
  end?: { readonly state: "accepted" | "refused"; readonly server: string; readonly at: string };
}

function parseLine(line: string): SenderEvent | undefined {
  try {
    return JSON.parse(line) as SenderEvent;
  } catch {
    return undefined;
  }
}

function note(records: Map<string, OpenRecord>, event: SenderEvent): void {
  if (event.event === "queued") {
    const { id, to, finals } = event;
    records.set(id, { id, to, finals, attempts: 0, unknownAttempts: 0, dotSent: false });
    return;
  }
  if (event.event !== "dot" && event.event !== "attempt") return;
  const record = records.get(event.id);
  if (record === undefined) throw new Error(`${event.id} has an attempt but was never queued`);
  if (event.event === "dot") {
    record.dotSent = true;
    return;
  }
  record.attempts += 1;
  record.dotSent = false;
  if (event.state === "unknown") record.unknownAttempts += 1;
  if (event.state === "accepted" || event.state === "refused") {
    record.end = { state: event.state, server: event.server, at: event.at };
  }
}

function settled({ dotSent, end, ...record }: OpenRecord): MailRecord {
  const unknownAttempts = record.unknownAttempts + (dotSent ? 1 : 0);
  if (end !== undefined) {
    return { ...record, unknownAttempts, state: end.state, server: end.server, settledAt: end.at };
  }
  return { ...record, unknownAttempts, state: unknownAttempts > 0 ? "unknown" : "waiting" };
}
