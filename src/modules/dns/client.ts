import type { DecodedPacket } from "dns-packet";
import { type DnsQuestion, type DnsRecord, readAnswer } from "../../mail/dns-record.ts";
import { type AskOptions, askByTcp, askByUdp, type DnsServer, NoDnsReply, queryFor } from "./exchange.ts";

/** What a name server answered. */
export interface DnsReply {
  readonly code: "NOERROR" | "NXDOMAIN" | "REFUSED" | "SERVFAIL" | "OTHER";
  readonly isAuthoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

/** Asks one server one question. Throws NoDnsReply when no answer comes. */
export async function askServer(
  server: DnsServer,
  question: DnsQuestion,
  options: AskOptions,
): Promise<DnsReply> {
  const attempts = 2;
  for (let attempt = 1; ; attempt++) {
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
