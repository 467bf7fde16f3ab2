import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from "dns-packet";

/** The record types that mail routing asks for. */
export type RoutingType = "MX" | "A" | "AAAA";

/** An answer, or the certainty that there is none. A server that doesn't answer throws DnsFailure. */
export type Lookup =
  | { readonly status: "found"; readonly records: readonly RoutingRecord[] }
  /** The name exists without such a record. */
  | { readonly status: "no-data" }
  | { readonly status: "no-such-name" };

/** `preference` is 0 for addresses. */
export interface RoutingRecord {
  readonly preference: number;
  /** A host name for MX, an address otherwise. */
  readonly value: string;
}

/** Asks one name server and remembers what it said for as long as the TTL allows. */
export interface Resolver {
  lookup(name: string, type: RoutingType): Promise<Lookup>;
}

export interface ResolverOptions {
  readonly server: string;
  readonly port?: number | undefined;
  /** Answers are never kept longer, whatever their TTL, as the `cache-max-ttl` of a real resolver. */
  readonly maxTtlSeconds?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

/** The name server could not be asked or did not know: to be tried again later. */
export class DnsFailure extends Error {
  override readonly name = "DnsFailure";
}

const negativeTtlSeconds = 5;
const tries = 3;

/** Makes a resolver with a cache of its own. */
export function createResolver(options: ResolverOptions): Resolver {
  const cache = new Map<string, { readonly answer: Promise<Lookup>; expiresAt: number }>();
  return {
    lookup: (name, type) => {
      const key = `${type} ${name.toLowerCase()}`;
      const kept = cache.get(key);
      if (kept !== undefined && Date.now() < kept.expiresAt) return kept.answer;
      const asked = ask(options, name, type);
      const entry = { answer: asked.then(({ lookup }) => lookup), expiresAt: Number.POSITIVE_INFINITY };
      cache.set(key, entry);
      asked.then(
        ({ ttlSeconds }) => {
          entry.expiresAt = Date.now() + 1000 * Math.min(ttlSeconds, options.maxTtlSeconds ?? ttlSeconds);
        },
        () => cache.delete(key),
      );
      return entry.answer;
    },
  };
}

interface Told {
  readonly lookup: Lookup;
  readonly ttlSeconds: number;
}

async function ask(options: ResolverOptions, name: string, type: RoutingType): Promise<Told> {
  for (let left = tries; ; left -= 1) {
    try {
      return readAnswer(await exchange(options, name, type), name, type);
    } catch (cause) {
      if (left <= 1) throw cause;
    }
  }
}

function exchange(options: ResolverOptions, name: string, type: RoutingType): Promise<DecodedPacket> {
  const id = Math.floor(Math.random() * 0x10000);
  const question = encode({ type: "query", id, flags: RECURSION_DESIRED, questions: [{ type, name }] });
  const socket = createSocket(isIPv6(options.server) ? "udp6" : "udp4");
  return new Promise<DecodedPacket>((resolve, reject) => {
    const fail = (why: string) =>
      reject(new DnsFailure(`${options.server}: ${why}, asked for ${type} ${name}`));
    const timer = setTimeout(() => fail("no answer"), options.timeoutMs ?? 2000);
    socket.on("error", (error) => fail(error.message));
    socket.on("message", (bytes) => {
      const packet = decodeAnswer(bytes);
      if (packet?.id === id) resolve(packet);
    });
    socket.on("close", () => clearTimeout(timer));
    socket.send(question, options.port ?? 53, options.server, (error) => error && fail(error.message));
  }).finally(() => socket.close());
}

function decodeAnswer(bytes: Buffer): DecodedPacket | undefined {
  try {
    return decode(bytes);
  } catch {
    // Not a DNS packet: as if nothing had come, so that the timeout decides.
    return undefined;
  }
}

function readAnswer(packet: DecodedPacket, name: string, type: RoutingType): Told {
  const code = (packet.flags ?? 0) & 15;
  if (code === 3) return { lookup: { status: "no-such-name" }, ttlSeconds: negativeTtlSeconds };
  if (code !== 0) throw new DnsFailure(`the name server answered with code ${code} for ${type} ${name}`);
  if (packet.flag_tc) throw new DnsFailure(`the answer for ${type} ${name} does not fit a datagram`);
  const answers = packet.answers ?? [];
  const records = answers.flatMap((answer) => (answer.type === type ? [routingRecord(answer)] : []));
  if (records.length === 0) return { lookup: { status: "no-data" }, ttlSeconds: negativeTtlSeconds };
  return { lookup: { status: "found", records }, ttlSeconds: Math.min(...answers.map(ttlOf)) };
}

function routingRecord(answer: Answer): RoutingRecord {
  if (answer.type === "MX") return { preference: answer.data.preference ?? 0, value: answer.data.exchange };
  if (answer.type === "A" || answer.type === "AAAA") return { preference: 0, value: answer.data };
  throw new DnsFailure(`unexpected record type ${answer.type}`);
}

function ttlOf(answer: Answer): number {
  return "ttl" in answer ? (answer.ttl ?? 0) : 0;
}
