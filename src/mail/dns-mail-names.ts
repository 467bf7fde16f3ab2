import { type DnsQuestion, type DnsRecord, questionFor } from "./dns-record.ts";

/** What the DNS says of a domain's mail. */
export interface MailRecords {
  /** The MX hosts, the most wanted first. */
  readonly mx: readonly string[];
  /** Of the MX hosts. */
  readonly addresses: readonly { readonly name: string; readonly address: string }[];
  /** More than one SPF record is an error of the zone (RFC 7208, 4.5). */
  readonly spf: readonly string[];
  readonly dmarc: readonly string[];
  readonly dkim: readonly DkimRecord[];
  readonly ptr: readonly { readonly address: string; readonly names: readonly string[] }[];
}

export interface DkimRecord {
  readonly selector: string;
  readonly record: string;
  /** The public key in base64 without blanks; null when it was revoked or there is none. */
  readonly key: string | null;
}

/** The questions that need no other answer first. */
export function mailQuestions(domain: string, selectors: readonly string[]): DnsQuestion[] {
  return [
    questionFor(domain, "MX"),
    questionFor(domain, "TXT"),
    questionFor(`_dmarc.${domain}`, "TXT"),
    ...selectors.map((selector) => questionFor(dkimName(domain, selector), "TXT")),
  ];
}

/** The questions that the domain's MX records lead to; a domain without any is its own mail host (RFC 5321, 5.1). */
export function addressQuestions(domain: string, records: readonly DnsRecord[]): DnsQuestion[] {
  const hosts = mailHosts(domain, records);
  const targets = hosts.length === 0 ? [domain] : hosts;
  return targets.flatMap((host) => [questionFor(host, "A"), questionFor(host, "AAAA")]);
}

/** The questions that the mail hosts' addresses lead to. */
export function pointerQuestions(records: readonly DnsRecord[]): DnsQuestion[] {
  const addresses = records.filter(({ type }) => type === "A" || type === "AAAA");
  return [...new Set(addresses.map(({ data }) => data))].map((address) => questionFor(address, "PTR"));
}

/** Sorts the records by what they mean for mail. */
export function readMailRecords(
  domain: string,
  selectors: readonly string[],
  records: readonly DnsRecord[],
): MailRecords {
  const hosts = mailHosts(domain, records);
  const addresses = unique(
    addressQuestions(domain, records).flatMap((question) =>
      records
        .filter((record) => isAnswer(question, record))
        .map(({ name, data }) => ({ name, address: data })),
    ),
  );
  const texts = (name: string) => dataOf(questionFor(name, "TXT"), records);
  return {
    mx: hosts,
    addresses,
    spf: texts(domain).filter((text) => /^v=spf1( |$)/i.test(text)),
    dmarc: texts(`_dmarc.${domain}`).filter((text) => /^v=DMARC1\b/i.test(text)),
    dkim: selectors.flatMap((selector) =>
      texts(dkimName(domain, selector)).map((record) => ({ selector, record, key: dkimKey(record) })),
    ),
    ptr: unique(addresses.map(({ address }) => address)).map((address) => ({
      address,
      names: dataOf(questionFor(address, "PTR"), records),
    })),
  };
}

/** The public key of a DKIM record; null for a revoked one. */
export function dkimKey(record: string): string | null {
  const tag = record.split(";").find((part) => /^\s*p\s*=/.test(part));
  return tag?.replace(/^\s*p\s*=/, "").replaceAll(/\s/g, "") || null;
}

function dkimName(domain: string, selector: string): string {
  return `${selector}._domainkey.${domain}`;
}

function mailHosts(domain: string, records: readonly DnsRecord[]): string[] {
  const exchanges = dataOf(questionFor(domain, "MX"), records).map((data) => data.split(" "));
  const byPreference = exchanges.sort(([a], [b]) => Number(a) - Number(b));
  // A single dot (here an empty name) says that the domain takes no mail (RFC 7505).
  return unique(byPreference.map(([, host = ""]) => host)).filter((host) => host !== "" && host !== ".");
}

function dataOf(question: DnsQuestion, records: readonly DnsRecord[]): string[] {
  return unique(records.filter((record) => isAnswer(question, record)).map(({ data }) => data));
}

function isAnswer(question: DnsQuestion, record: DnsRecord): boolean {
  return record.name === question.name && record.type === question.type;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
