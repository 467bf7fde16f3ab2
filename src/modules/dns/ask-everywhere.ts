import { Failure } from "../../contract/errors.ts";
import type { DnsQuestion } from "../../mail/dns-record.ts";
import type { ServerAnswer } from "../../mail/dns-record-sets.ts";
import type { Zone, ZoneFinder, ZoneServer } from "./authority.ts";
import { askServer } from "./client.ts";
import { type AskOptions, NoDnsReply } from "./exchange.ts";

/** A name server that should have answered and did not. */
export interface ServerFailure extends DnsQuestion {
  /** Its address; empty when no name server of the zone could be found. */
  readonly server: string;
  readonly error: string;
}

export interface Asked {
  readonly answers: readonly ServerAnswer[];
  readonly failures: readonly ServerFailure[];
  readonly zones: readonly Zone[];
}

/** Asks every name server that answers for each question's zone. A zone that nobody knows counts as a failure of its own. */
export async function askEverywhere(
  questions: readonly DnsQuestion[],
  finder: ZoneFinder,
  options: AskOptions,
): Promise<Asked> {
  const each = await Promise.all(questions.map((question) => askZone(question, finder, options)));
  return {
    answers: each.flatMap(({ answers }) => answers),
    failures: each.flatMap(({ failures }) => failures),
    zones: [...new Set(each.flatMap(({ zones }) => zones))],
  };
}

async function askZone(question: DnsQuestion, finder: ZoneFinder, options: AskOptions): Promise<Asked> {
  try {
    const zone = await finder.zoneOf(question.name);
    return { ...(await askServers(question, zone, options)), zones: [zone] };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "task-failed") throw error;
    return { answers: [], failures: [{ ...question, server: "", error: error.message }], zones: [] };
  }
}

async function askServers(
  question: DnsQuestion,
  { name: zone, servers }: Zone,
  options: AskOptions,
): Promise<Pick<Asked, "answers" | "failures">> {
  const outcomes = await Promise.all(servers.map((server) => askOne(question, zone, server, options)));
  const answers = outcomes.flatMap((outcome) => outcome.answer ?? []);
  const reached = new Set(
    outcomes.flatMap(({ server, answer }) => (answer === undefined ? [] : server.name)),
  );
  const failures = outcomes
    // A machine without IPv6 reaches a server by its IPv4 address: that is no failure of the server.
    .filter(
      ({ failure, server }) => failure !== undefined && !(failure.isUnroutable && reached.has(server.name)),
    )
    .map(({ server, failure }) => ({ ...question, server: server.address, error: failure?.message ?? "" }));
  return { answers, failures };
}

interface OneOutcome {
  readonly server: ZoneServer;
  readonly answer?: ServerAnswer;
  readonly failure?: NoDnsReply;
}

async function askOne(
  question: DnsQuestion,
  zone: string,
  server: ZoneServer,
  options: AskOptions,
): Promise<OneOutcome> {
  try {
    const reply = await askServer(server, question, options);
    const isUsable = reply.isAuthoritative && (reply.code === "NOERROR" || reply.code === "NXDOMAIN");
    if (!isUsable) {
      const why = reply.isAuthoritative ? reply.code : `does not answer for this zone (${reply.code})`;
      return { server, failure: new NoDnsReply(`name server ${server.address}: ${why}`) };
    }
    const { name, type } = question;
    const records = reply.answers.filter(
      (record) => record.name === name && (record.type === type || record.type === "CNAME"),
    );
    return { server, answer: { ...question, zone, server: server.address, records } };
  } catch (error) {
    if (error instanceof NoDnsReply) return { server, failure: error };
    throw error;
  }
}

/** One server's answer to one question counts once, however often it was asked. */
export function together(rounds: readonly Asked[]): Asked {
  const once = <T>(values: readonly T[]): T[] => [
    ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
  ];
  return {
    answers: once(rounds.flatMap(({ answers }) => answers)),
    failures: once(rounds.flatMap(({ failures }) => failures)),
    zones: once(rounds.flatMap(({ zones }) => zones)),
  };
}

/** That nothing can be said at all. */
export function nobodyAnswered({ failures }: Asked): Failure {
  const told = [...new Set(failures.map(({ error }) => error))].join("; ");
  return new Failure("task-failed", `no name server answers: ${told}`, {
    next: "Check the network, or name a resolver or one of the zone's own name servers in `server`.",
  });
}
