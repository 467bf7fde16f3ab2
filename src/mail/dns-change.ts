import { type DnsQuestion, type MailRecordType, plainData, plainName } from "./dns-record.ts";
import { setName } from "./dns-record-sets.ts";

/** What a set of records is to become. */
export interface RecordWish extends DnsQuestion {
  /** `present`: this data is there. `absent`: this data is not. `exact`: this data and no other. `keep`: the data stays, the TTL alone counts. */
  readonly state: "present" | "absent" | "exact" | "keep";
  readonly data: readonly string[];
  readonly ttl: number | undefined;
}

/** A set of records as a server has it. */
export interface HeldSet {
  readonly data: readonly string[];
  /** undefined for an empty set. */
  readonly ttl: number | undefined;
}

/** One step from what a set is to what it shall be. */
export interface DnsStep extends DnsQuestion {
  readonly action: "add" | "remove";
  readonly data: string;
  /** Of a record to add. */
  readonly ttl: number;
}

/** For records that had no TTL before and are given none. */
const usualTtl = 3600;

/** A wish as a person wrote it, in the form that is compared. */
export function wish(
  name: string,
  type: MailRecordType,
  words: {
    readonly state?: RecordWish["state"];
    readonly data?: string | readonly string[];
    readonly ttl?: number;
  },
): RecordWish {
  const data = [words.data ?? []].flat().map((text) => plainData(type, text));
  const state = words.state ?? (data.length === 0 ? "keep" : "present");
  return { name: plainName(name), type, state, data, ttl: words.ttl };
}

/** What the set is to be, where it is this now. A set that isn't there has no TTL to change. */
export function fulfil(held: HeldSet, wishes: readonly RecordWish[]): HeldSet {
  return wishes.reduce<HeldSet>((set, { state, data, ttl }) => {
    const kept = {
      exact: [],
      absent: set.data.filter((text) => !data.includes(text)),
      present: set.data,
      keep: set.data,
    };
    const added = state === "present" || state === "exact" ? data : [];
    const wanted = [...new Set([...kept[state], ...added])].sort();
    if (wanted.length === 0) return { data: [], ttl: undefined };
    return { data: wanted, ttl: ttl ?? set.ttl ?? usualTtl };
  }, held);
}

/** True when a set is as wished. */
export function isFulfilled(held: HeldSet, wishes: readonly RecordWish[]): boolean {
  return findSteps(held, wishes).length === 0;
}

/** The steps that make a set as wished. A new TTL is told by adding every record again with it. */
export function findSteps(held: HeldSet, wishes: readonly RecordWish[]): DnsStep[] {
  const { name = "", type = "A" } = wishes[0] ?? {};
  const wanted = fulfil(held, wishes);
  const ttl = wanted.ttl ?? usualTtl;
  const removed = held.data.filter((data) => !wanted.data.includes(data));
  const added = wanted.data.filter((data) => !held.data.includes(data) || wanted.ttl !== held.ttl);
  return [
    ...removed.map((data): DnsStep => ({ name, type, action: "remove", data, ttl })),
    ...added.map((data): DnsStep => ({ name, type, action: "add", data, ttl })),
  ];
}

/** The wishes for each set of records, in order. */
export function groupWishes(wishes: readonly RecordWish[]): Map<string, RecordWish[]> {
  const groups = new Map<string, RecordWish[]>();
  for (const each of wishes) groups.set(setName(each), [...(groups.get(setName(each)) ?? []), each]);
  return groups;
}

/** The steps for one zone as nsupdate reads them. All of them happen, or none. */
export function nsupdateScript(
  target: { readonly server: string; readonly port: number; readonly zone: string },
  steps: readonly DnsStep[],
): string {
  const lines = steps.map(({ action, name, type, data, ttl }) =>
    action === "add"
      ? `update add ${name}. ${ttl} IN ${type} ${zoneData(type, data)}`
      : `update delete ${name}. IN ${type} ${zoneData(type, data)}`,
  );
  return [`server ${target.server} ${target.port}`, `zone ${target.zone}.`, ...lines, "send", ""].join("\n");
}

/** Data as a zone file writes it: names end with a dot, texts stand in quotes, at most 255 bytes in each. */
export function zoneData(type: MailRecordType, data: string): string {
  if (type === "TXT") return textChunks(data).map(quoteText).join(" ");
  return type === "MX" || type === "SRV" || type === "CNAME" || type === "NS" || type === "PTR"
    ? `${data}.`
    : data;
}

function textChunks(text: string): Buffer[] {
  const bytes = Buffer.from(text, "utf8");
  const count = Math.max(1, Math.ceil(bytes.length / 255));
  return Array.from({ length: count }, (_none, index) => bytes.subarray(index * 255, (index + 1) * 255));
}

function quoteText(bytes: Buffer): string {
  const escaped = [...bytes].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    const isPlain = byte >= 0x20 && byte < 0x7f;
    return isPlain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
  });
  return `"${escaped.join("")}"`;
}
