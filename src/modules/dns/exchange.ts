import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createConnection, isIPv6 } from "node:net";
import { type DecodedPacket, decode, encode, RECURSION_DESIRED } from "dns-packet";
import { withDeadline } from "../../contract/deadline.ts";
import { type DnsQuestion, plainName } from "../../mail/dns-record.ts";
import { sleep } from "../sleep.ts";

/** A name server's address. */
export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

export interface AskOptions {
  /** For one attempt, in milliseconds. Two are made by UDP, then one by TCP when the answer was cut short. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Wants the server to ask others where it doesn't know. */
  readonly recursion?: boolean;
}

/** No usable answer came from a server. */
export class NoDnsReply extends Error {
  override readonly name = "NoDnsReply";
  /** The server's network can't be reached from here at all. */
  readonly isUnroutable: boolean;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "";
    this.isUnroutable = ["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(code);
  }
}

/** A question on its way to a server. */
export interface Query {
  readonly id: number;
  readonly name: string;
  readonly bytes: Buffer;
}

/** Packs a question, with an id that nobody can guess. */
export function queryFor({ name, type }: DnsQuestion, { recursion = false }: AskOptions): Query {
  const id = randomInt(0, 65_536);
  const size = {
    type: "OPT",
    name: ".",
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
  } as const;
  const bytes = encode({
    type: "query",
    id,
    flags: recursion ? RECURSION_DESIRED : 0,
    questions: [{ type, name }],
    additionals: [{ ...size, flag_do: false, options: [] }],
  });
  return { id, name, bytes };
}

/** Sends a query as a packet. A connected socket takes packets from that server alone; those that don't answer this query are passed over. */
export function askByUdp(
  server: DnsServer,
  query: Query,
  { timeoutMs, signal }: AskOptions,
): Promise<DecodedPacket> {
  const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
  return settleOnce<DecodedPacket>(
    server,
    timeoutMs,
    signal,
    () => socket.close(),
    (resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (bytes) => {
        const packet = decodedFor(query, bytes);
        if (packet !== undefined) resolve(packet);
      });
      socket.on("connect", () => socket.send(query.bytes));
      socket.connect(server.port, server.address);
    },
  );
}

/** The same with each message behind its length in two bytes. */
export function askByTcp(
  server: DnsServer,
  query: Query,
  { timeoutMs, signal }: AskOptions,
): Promise<DecodedPacket> {
  const socket = createConnection({ host: server.address, port: server.port });
  let received = Buffer.alloc(0);
  return settleOnce<DecodedPacket>(
    server,
    timeoutMs,
    signal,
    () => socket.destroy(),
    (resolve, reject) => {
      socket.on("error", reject);
      socket.on("end", () => reject(new Error("the connection was closed")));
      socket.on("data", (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const packet = decodedFor(query, received.subarray(2));
        if (packet === undefined) reject(new Error("the answer belongs to another question"));
        else resolve(packet);
      });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.bytes.length);
      socket.on("connect", () => socket.write(Buffer.concat([length, query.bytes])));
    },
  );
}

function decodedFor(query: Query, bytes: Buffer): DecodedPacket | undefined {
  try {
    const packet = decode(bytes);
    const asked = packet.questions?.[0]?.name;
    const isOurs =
      packet.id === query.id && packet.flag_qr && plainName(asked ?? "") === plainName(query.name);
    return isOurs ? packet : undefined;
  } catch {
    return undefined; // Not a DNS message: nobody we asked sent it.
  }
}

/** Runs `start` to its first outcome, within the time; always closes. */
async function settleOnce<T>(
  server: DnsServer,
  timeoutMs: number,
  signal: AbortSignal,
  close: () => void,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  try {
    return await withDeadline(timeoutMs, signal, (ended) => {
      return new Promise<T>((resolve, reject) => {
        ended.addEventListener("abort", () => reject(ended.reason as Error), { once: true });
        start(resolve, reject);
      });
    });
  } catch (cause) {
    if (signal.aborted) await sleep(0, signal); // Throws what ended the run.
    const isOver = cause instanceof DOMException && cause.name === "TimeoutError";
    const why = isOver ? `no answer within ${timeoutMs / 1000} s` : (cause as Error).message;
    throw new NoDnsReply(`name server ${server.address}: ${why}`, cause);
  } finally {
    close();
  }
}
