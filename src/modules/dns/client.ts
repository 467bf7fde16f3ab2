import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createConnection, isIPv6 } from "node:net";
import { type DecodedPacket, decode, encode, RECURSION_DESIRED } from "dns-packet";
import { type DnsQuestion, type DnsRecord, plainName, readAnswer } from "../../mail/dns-record.ts";

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

/** What a name server answered. */
export interface DnsReply {
  readonly code: "NOERROR" | "NXDOMAIN" | "REFUSED" | "SERVFAIL" | "OTHER";
  readonly isAuthoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
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

/** Asks one server one question. Throws NoDnsReply when no answer comes. */
export async function askServer(
  server: DnsServer,
  question: DnsQuestion,
  options: AskOptions,
): Promise<DnsReply> {
  const attempts = 2;
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    const query = queryFor(question, options);
    try {
      const packet = await askByUdp(server, query, options);
      return readReply(packet.flag_tc ? await askByTcp(server, query, options) : packet);
    } catch (error) {
      const isLast = attempt === attempts || !(error instanceof NoDnsReply) || error.isUnroutable;
      if (isLast) throw error;
    }
  }
}

interface Query {
  readonly id: number;
  readonly name: string;
  readonly bytes: Buffer;
}

function queryFor({ name, type }: DnsQuestion, { recursion = false }: AskOptions): Query {
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

/** A connected socket takes packets from that server alone; those that don't answer this query are passed over. */
function askByUdp(
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
function askByTcp(
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

function readReply(packet: DecodedPacket): DnsReply {
  const codes = { 0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED" } as const;
  const records = (list: DecodedPacket["answers"]) =>
    (list ?? []).map(readAnswer).filter((record) => record !== undefined);
  return {
    code: codes[((packet.flags ?? 0) & 0xf) as keyof typeof codes] ?? "OTHER",
    isAuthoritative: packet.flag_aa,
    answers: records(packet.answers),
    authorities: records(packet.authorities),
    additionals: records(packet.additionals),
  };
}

/** Runs `start` to its first outcome, within the time; always closes. */
async function settleOnce<T>(
  server: DnsServer,
  timeoutMs: number,
  signal: AbortSignal,
  close: () => void,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    return await new Promise<T>((resolve, reject) => {
      ended.addEventListener("abort", () => reject(ended.reason as Error), { once: true });
      start(resolve, reject);
    });
  } catch (cause) {
    signal.throwIfAborted();
    const why = ended.aborted ? `no answer within ${timeoutMs / 1000} s` : (cause as Error).message;
    throw new NoDnsReply(`name server ${server.address}: ${why}`, cause);
  } finally {
    close();
  }
}
