import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import { onTestFinished } from "vitest";
import { type MailRecordType, plainName } from "../../mail/dns-record.ts";

export interface FakeRecord {
  readonly name: string;
  readonly type: MailRecordType;
  readonly ttl?: number;
  /** As in a zone file: "10 mail.example.org" for an MX. */
  readonly data: string;
}

/** A name server on loopback for one zone. Ends with the test. */
export class FakeNameServer {
  readonly port: number;
  records: FakeRecord[];
  zone: string;
  /** UDP answers carry nothing but the sign that they were cut. */
  cutsUdp = false;
  /** Answers as a server that doesn't know the zone. */
  refuses = false;
  asked = 0;
  readonly #udp: Socket;

  /** Starts one on each of these addresses of 127.0.0.0/8, all for one zone and on one port. */
  static async start<Addresses extends readonly string[]>(
    zone: string,
    ...addresses: Addresses
  ): Promise<{ [Index in keyof Addresses]: FakeNameServer }> {
    const bound = await bindTogether(addresses);
    return bound.map(({ udp, tcp }) => new FakeNameServer(zone, udp, tcp)) as {
      [Index in keyof Addresses]: FakeNameServer;
    };
  }

  private constructor(zone: string, udp: Socket, tcp: Server) {
    this.zone = zone;
    this.#udp = udp;
    this.port = udp.address().port;
    this.records = [];
    udp.on("message", (bytes, from) => {
      udp.send(this.#reply(decode(bytes), this.cutsUdp), from.port, from.address);
    });
    tcp.on("connection", (socket) => {
      socket.on("data", (bytes) => {
        const reply = this.#reply(decode(bytes.subarray(2)), false);
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        // In two pieces, as a network may deliver it.
        socket.write(length);
        socket.write(reply);
      });
    });
    onTestFinished(async () => {
      udp.close();
      await new Promise((resolve) => tcp.close(resolve));
    });
  }

  /** Falls silent. */
  stop(): void {
    this.#udp.removeAllListeners("message");
  }

  #reply({ id, questions = [] }: DecodedPacket, cut: boolean): Buffer {
    this.asked++;
    const [{ name: asked, type } = { name: "", type: "A" as const }] = questions;
    const name = plainName(asked);
    const found = this.records.filter(
      (record) => record.name === name && (record.type === type || record.type === "CNAME"),
    );
    const soa = { name: this.zone, type: "SOA" as const, data: { mname: "ns", rname: "root" } };
    const isKnown = !this.refuses && `.${name}`.endsWith(this.zone === "" ? "" : `.${this.zone}`);
    const own = type === "SOA" && name === this.zone ? [soa] : found.map(asAnswer);
    return encode({
      type: "response",
      id: id ?? 0,
      flags: (isKnown ? AUTHORITATIVE_ANSWER : 5) | (cut ? TRUNCATED_RESPONSE : 0),
      questions,
      answers: isKnown && !cut ? own : [],
      authorities: isKnown && own.length === 0 ? [soa] : [],
    });
  }
}

interface Sockets {
  readonly udp: Socket;
  readonly tcp: Server;
}

/** UDP and TCP on one port of all addresses. A port that is free for the first may be taken on another: then the next is tried. */
async function bindTogether(addresses: readonly string[]): Promise<Sockets[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const bound: Sockets[] = [];
    try {
      for (const address of addresses) bound.push(await bind(address, bound[0]?.udp.address().port ?? 0));
      return bound;
    } catch (error) {
      for (const { udp, tcp } of bound) {
        udp.close();
        tcp.close();
      }
      if (!isTaken(error)) throw error;
    }
  }
  throw new Error(`no port is free on all of ${addresses.join(", ")}`);
}

async function bind(address: string, port: number): Promise<Sockets> {
  const udp = createSocket("udp4");
  udp.bind(port, address);
  await once(udp, "listening");
  const tcp = createServer();
  tcp.listen(udp.address().port, address);
  try {
    await once(tcp, "listening");
  } catch (error) {
    udp.close();
    throw error;
  }
  return { udp, tcp };
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

function asAnswer({ name, type, ttl = 86_400, data }: FakeRecord): Answer {
  if (type === "MX") {
    const [preference = "0", exchange = ""] = data.split(" ");
    return { name, type, ttl, data: { preference: Number(preference), exchange } };
  }
  if (type === "SRV") {
    const [priority, weight, port, target = ""] = data.split(" ");
    const numbers = { priority: Number(priority), weight: Number(weight), port: Number(port) };
    return { name, type, ttl, data: { ...numbers, target } };
  }
  if (type === "CAA") {
    const [, flags, tag, value = ""] = /^(\d+) (\S+) "(.*)"$/.exec(data) ?? [];
    return { name, type, ttl, data: { flags: Number(flags), tag, value } } as Answer;
  }
  if (type === "TLSA") {
    const [usage, selector, matchingType, hash = ""] = data.split(" ");
    const numbers = { usage: Number(usage), selector: Number(selector), matchingType: Number(matchingType) };
    return { name, type, ttl, data: { ...numbers, certificate: Buffer.from(hash, "hex") } };
  }
  // As name servers send it: no text is longer than 255 bytes.
  const chunks = type === "TXT" ? (data.match(/.{1,255}/gs) ?? [""]) : data;
  return { name, type, ttl, data: chunks } as Answer;
}
