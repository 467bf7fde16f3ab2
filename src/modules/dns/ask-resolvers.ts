import type { DnsQuestion } from "../../mail/dns-record.ts";
import type { RecordSet } from "../../mail/dns-record-sets.ts";
import type { ServerFailure } from "./ask-everywhere.ts";
import { askServer } from "./client.ts";
import { type AskOptions, type DnsServer, NoDnsReply } from "./exchange.ts";

/** A set that a resolver knows otherwise than the name servers give it now. */
export interface BehindSet extends DnsQuestion {
  /** The resolver's address. */
  readonly server: string;
  readonly data: readonly string[];
  /** Until it forgets what it has. */
  readonly seconds: number;
  /** ISO 8601. */
  readonly until: string;
}

/** What resolvers know. */
export interface Caches {
  readonly behind: readonly BehindSet[];
  readonly failures: readonly ServerFailure[];
}

/** Asks resolvers, as the world does, for sets whose records are known, and says which of them still have others. */
export async function askResolvers(
  sets: readonly RecordSet[],
  resolvers: readonly DnsServer[],
  options: AskOptions,
): Promise<Caches> {
  const each = await Promise.all(
    resolvers.flatMap((resolver) => sets.map((set) => askOne(set, resolver, options))),
  );
  return {
    behind: each.flatMap(({ behind }) => behind ?? []),
    failures: each.flatMap(({ failure }) => failure ?? []),
  };
}

interface OneAnswer {
  readonly behind?: BehindSet;
  readonly failure?: ServerFailure;
}

async function askOne(set: RecordSet, resolver: DnsServer, options: AskOptions): Promise<OneAnswer> {
  const { name, type } = set;
  const { address: server } = resolver;
  try {
    const reply = await askServer(resolver, { name, type }, { ...options, recursion: true });
    if (reply.code !== "NOERROR" && reply.code !== "NXDOMAIN") {
      return { failure: { name, type, server, error: `resolver ${server}: ${reply.code}` } };
    }
    // An alias comes with the records that it leads to: the alias is what the name itself has.
    const own = reply.answers.filter(
      (record) => record.name === name && (record.type === type || record.type === "CNAME"),
    );
    const seconds = Math.max(0, ...own.map(({ ttl }) => ttl));
    const data = own.map((record) => record.data).sort();
    const isSame = data.join("\n") === set.data.join("\n") && seconds <= (set.maxTtl ?? 0);
    // That it knows of no record at all is forgotten soon (RFC 2308), and nobody can say when.
    if (isSame || own.length === 0) return {};
    const until = new Date(Date.now() + seconds * 1000).toISOString();
    return { behind: { name, type, server, data, seconds, until } };
  } catch (error) {
    if (!(error instanceof NoDnsReply)) throw error;
    return { failure: { name, type, server, error: error.message } };
  }
}
