import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import type { Answer } from "dns-packet";

/** The record types that a move of mail has to do with. */
export const mailRecordTypes = [
  ...(["A", "AAAA", "MX", "TXT", "PTR", "CNAME", "NS", "SOA", "SRV", "CAA", "TLSA"] as const),
] as const;

export type MailRecordType = (typeof mailRecordTypes)[number];

/** What to ask a name server for. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: MailRecordType;
}

/** One record as one server gave it. */
export interface DnsRecord extends DnsQuestion {
  readonly ttl: number;
  /** As in a zone file, names without the last dot; a TXT is its text in one piece, without quotes. */
  readonly data: string;
}

/** A name as Mailferry compares it: lower case, no dot at the end, other letters than ASCII's as the DNS spells them. */
export function plainName(name: string): string {
  const ascii = /^\p{ASCII}*$/u.test(name) ? name : domainToASCII(name);
  return ascii.toLowerCase().replace(/\.$/, "");
}

/** A question about a name; an IP address with type PTR is turned round. */
export function questionFor(name: string, type: MailRecordType): DnsQuestion {
  return { name: type === "PTR" ? reverseName(name) : plainName(name), type };
}

/** The name under which an address has its PTR record; anything else stays as it is. */
export function reverseName(address: string): string {
  if (isIPv4(address)) return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  if (!isIPv6(address)) return plainName(address);
  const digits = expandIPv6(address).replaceAll(":", "");
  return `${[...digits].reverse().join(".")}.ip6.arpa`;
}

/** Data as Mailferry compares it, whoever wrote it: a server, or a person in a playbook. */
export function plainData(type: MailRecordType, data: string): string {
  const text = data.trim();
  if (type === "AAAA" && isIPv6(text)) return shortIPv6(text);
  if (type === "CNAME" || type === "NS" || type === "PTR") return plainName(text);
  if (type === "MX" || type === "SRV") return plainName(text.replaceAll(/\s+/g, " "));
  // Programs write a hash in pieces, and in letters of any case.
  if (type === "TLSA") return plainHash(text);
  return type === "TXT" ? data : text;
}

function plainHash(text: string): string {
  const [usage, selector, matchingType, ...hash] = text.toLowerCase().split(/\s+/);
  return [usage, selector, matchingType, hash.join("")].join(" ");
}

/** A record out of a packet; undefined for a type that mail has nothing to do with. */
export function readAnswer(answer: Answer): DnsRecord | undefined {
  const data = presentData(answer);
  if (data === undefined) return undefined;
  const type = answer.type as MailRecordType;
  const ttl = "ttl" in answer ? (answer.ttl ?? 0) : 0;
  return { name: plainName(answer.name), type, ttl, data: plainData(type, data) };
}

function presentData(answer: Answer): string | undefined {
  switch (answer.type) {
    case "A":
    case "AAAA":
    case "PTR":
    case "CNAME":
    case "NS":
      return answer.data;
    case "MX":
      return `${answer.data.preference ?? 0} ${answer.data.exchange}`;
    case "SRV": {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return `${priority} ${weight} ${port} ${target}`;
    }
    case "TXT":
      return [answer.data].flat().join("");
    case "SOA":
      return `${answer.data.mname} ${answer.data.rname} ${answer.data.serial ?? 0}`;
    case "CAA":
      return `${answer.data.flags ?? 0} ${answer.data.tag} "${answer.data.value}"`;
    case "TLSA": {
      const { usage, selector, matchingType, certificate } = answer.data;
      return `${usage} ${selector} ${matchingType} ${Buffer.from(certificate).toString("hex")}`;
    }
    default:
      return undefined;
  }
}

/** All eight groups with four digits each. */
function expandIPv6(address: string): string {
  const [head = "", tail] = shortIPv6(address).split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join(":");
}

/** The form that RFC 5952 recommends, which URLs use too. */
function shortIPv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
