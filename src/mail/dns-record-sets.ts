import type { DnsQuestion, DnsRecord } from "./dns-record.ts";

/** What one name server answered to one question. */
export interface ServerAnswer extends DnsQuestion {
  readonly server: string;
  /** The zone that the server answered from. */
  readonly zone: string;
  readonly records: readonly DnsRecord[];
}

/** All that is known of one name and type, over all servers. */
export interface RecordSet extends DnsQuestion {
  /** Sorted; what any server has. */
  readonly data: readonly string[];
  /** undefined when no server has a record. */
  readonly minTtl: number | undefined;
  readonly maxTtl: number | undefined;
  /** False when servers gave different data. */
  readonly agreed: boolean;
  /** Where the name leads when it is an alias. */
  readonly alias?: string | undefined;
  /** What each server gave. */
  readonly byServer: Readonly<Record<string, readonly string[]>>;
}

/** Puts the answers of all servers to each question together. */
export function gatherSets(answers: readonly ServerAnswer[]): RecordSet[] {
  const sets = new Map<string, ServerAnswer[]>();
  for (const answer of answers) {
    const key = setName(answer);
    sets.set(key, [...(sets.get(key) ?? []), answer]);
  }
  return [...sets.values()].map(gather);
}

/** The words for a set: "example.org MX". */
export function setName({ name, type }: DnsQuestion): string {
  return `${name} ${type}`;
}

function gather(answers: readonly ServerAnswer[]): RecordSet {
  const records = answers.flatMap((answer) => answer.records);
  const byServer = Object.fromEntries(answers.map(({ server, records }) => [server, dataOf(records)]));
  const ttls = records.map(({ ttl }) => ttl);
  const texts = new Set(Object.values(byServer).map((data) => JSON.stringify(data)));
  return {
    name: answers[0]?.name ?? "",
    type: answers[0]?.type ?? "A",
    data: dataOf(records),
    minTtl: ttls.length === 0 ? undefined : Math.min(...ttls),
    maxTtl: ttls.length === 0 ? undefined : Math.max(...ttls),
    agreed: texts.size <= 1,
    alias: records.find((record) => record.type === "CNAME" && answers[0]?.type !== "CNAME")?.data,
    byServer,
  };
}

function dataOf(records: readonly DnsRecord[]): string[] {
  return [...new Set(records.map(({ data }) => data))].sort();
}
