import { type DnsQuestion, type MailRecordType, mailRecordTypes } from "../dns-record.ts";
import { type RecordSet, setName } from "../dns-record-sets.ts";

/** A host as the DNS knows it. */
export interface SurveySide {
  readonly addresses: readonly string[];
  /** Its own names, which stay its own. */
  readonly names: readonly string[];
  /** Of its certificates: SHA-256 and SHA-512 of the public key and of the whole, in hex digits. */
  readonly keys: readonly string[];
}

/** What the survey is about. */
export interface SurveySubject {
  readonly domains: readonly string[];
  /** Names that users and other servers connect to; those that the records lead to come on top. */
  readonly names: readonly string[];
  /** Full names of the DKIM records with the public key that the server signs with, in base64. */
  readonly dkim: readonly { readonly name: string; readonly key: string }[];
  readonly old: SurveySide;
  readonly new: SurveySide;
  /** Who issues the certificates, as CAA records name it; undefined asks nothing of CAA. */
  readonly issuer: string | undefined;
}

/**
 * ok: as it must be, before the switch and after. change: it has to change at the switch. warning: somebody should look.
 * none: there is no such record, and none is needed.
 */
export type SurveyVerdict = "ok" | "change" | "warning" | "none";

/** One line of the table. */
export interface SurveyRow extends DnsQuestion {
  readonly verdict: SurveyVerdict;
  /** What the records hold, in a few words. */
  readonly holds: string;
  /** What has to be done, or what it means. */
  readonly note?: string | undefined;
}

/** What the DNS answered, by name and type. */
export class DnsView {
  readonly #sets: ReadonlyMap<string, RecordSet>;

  constructor(sets: Iterable<RecordSet>) {
    this.#sets = new Map([...sets].map((set) => [setName(set), set]));
  }

  set(name: string, type: MailRecordType): RecordSet | undefined {
    return this.#sets.get(setName({ name, type }));
  }

  /** Data of that name and type; without the alias that stands there in their place. */
  data(name: string, type: MailRecordType): readonly string[] {
    return this.alias(name) === undefined ? (this.set(name, type)?.data ?? []) : [];
  }

  /** Where an alias leads; undefined for a name that is none. Every answer to a question about an alias holds it. */
  alias(name: string): string | undefined {
    return mailRecordTypes.map((type) => this.set(name, type)?.alias).find((alias) => alias !== undefined);
  }

  /** A and AAAA of a name, along its aliases. */
  addresses(name: string): readonly string[] {
    let at = name;
    for (let followed = 0; followed < 5; followed += 1) {
      const next = this.alias(at);
      if (next === undefined) break;
      at = next;
    }
    return [...this.data(at, "A"), ...this.data(at, "AAAA")];
  }

  sets(): readonly RecordSet[] {
    return [...this.#sets.values()];
  }
}

/** Hosts of MX records by preference; a single dot (an empty name) says that the domain takes no mail (RFC 7505). */
export function mailHostsIn(view: DnsView, domain: string): string[] {
  return view
    .data(domain, "MX")
    .map((data) => data.split(" "))
    .sort(([one], [other]) => Number(one) - Number(other))
    .flatMap(([, host = ""]) => (host === "" || host === "." ? [] : host));
}

/** The services that mail programs look for (RFC 6186, RFC 8314, RFC 5804), and Outlook's. */
export const serviceNames: readonly string[] = [
  "_imaps._tcp",
  "_imap._tcp",
  "_pop3s._tcp",
  "_submissions._tcp",
  "_submission._tcp",
  "_sieve._tcp",
  "_autodiscover._tcp",
];

/** Names below a mail domain that mail programs and servers ask for. */
export const helperNames: readonly string[] = ["autoconfig", "autodiscover", "mta-sts"];

/** Targets of a domain's SRV records; a single dot says that there is no such service. */
export function serviceTargets(view: DnsView, domain: string): string[] {
  return serviceNames
    .flatMap((service) => view.data(`${service}.${domain}`, "SRV"))
    .flatMap((data) => data.split(" ")[3] ?? [])
    .filter((target) => target !== "" && target !== ".");
}

/** Every name that somebody connects to: given ones, mail hosts, targets of services, and what helps mail programs. */
export function connectNames(subject: SurveySubject, view: DnsView): string[] {
  const found = subject.domains.flatMap((domain) => [
    ...mailHostsIn(view, domain),
    ...serviceTargets(view, domain),
    ...helperNames.map((helper) => `${helper}.${domain}`),
  ]);
  return [...new Set([...subject.names, ...found])];
}
