import { BlockList, isIP, isIPv6 } from "node:net";
import { type DnsView, mailHostsIn, type SurveyRow, type SurveySubject } from "./survey.ts";

/** Who may send for each domain (RFC 7208): new has to be among them before it sends anything. */
export function spfRows(subject: SurveySubject, view: DnsView): SurveyRow[] {
  return subject.domains.map((domain) => {
    const records = view.data(domain, "TXT").filter((text) => /^v=spf1( |$)/i.test(text));
    const row = { name: domain, type: "TXT" as const, holds: records.join(" | ") };
    const [record] = records;
    if (record === undefined) {
      return {
        ...row,
        holds: "no SPF",
        verdict: "warning",
        note: "nobody can tell who may send for the domain",
      };
    }
    if (records.length > 1)
      return { ...row, verdict: "warning", note: "more than one SPF record is an error" };
    return { ...row, ...judge(record, domain, subject, view) };
  });
}

function judge(
  record: string,
  domain: string,
  { old, new: fresh }: SurveySubject,
  view: DnsView,
): Pick<SurveyRow, "verdict" | "note"> {
  const terms = record.toLowerCase().split(/\s+/).slice(1);
  const allows = (address: string) => terms.some((term) => allowsNow(term, address, domain, view));
  // What leads to old by a name leads to new once the name does.
  const follows = old.addresses.some((address) =>
    terms.some((term) => /^[+]?(a|mx)\b/.test(term) && allowsNow(term, address, domain, view)),
  );
  const missing = fresh.addresses.filter((address) => !allows(address));
  if (missing.length === 0) {
    const isOldNamed = old.addresses.some((address) => terms.some((term) => isNamed(term, address)));
    return {
      verdict: "ok",
      note: isOldNamed ? "allows new; take old out when it sends no more" : "allows new",
    };
  }
  if (follows) return { verdict: "ok", note: "allows new as soon as the names lead there" };
  const elsewhere = terms.filter((term) => /^[+]?(include:|exists:|ptr)|^redirect=/.test(term));
  if (elsewhere.length > 0) {
    return { verdict: "warning", note: `see whether ${elsewhere.join(" ")} allows ${missing.join(", ")}` };
  }
  return { verdict: "change", note: `does not allow new: add ${missing.map(mechanism).join(" ")}` };
}

function mechanism(address: string): string {
  return `${isIPv6(address) ? "ip6" : "ip4"}:${address}`;
}

function allowsNow(term: string, address: string, domain: string, view: DnsView): boolean {
  if (isNamed(term, address)) return true;
  const [, kind, host = domain] = /^[+]?(a|mx)(?::([^\s/]+))?(?:\/.*)?$/.exec(term) ?? [];
  if (kind === "a") return view.addresses(host).includes(address);
  if (kind === "mx") return mailHostsIn(view, host).some((name) => view.addresses(name).includes(address));
  return /^[+]?all$/.test(term);
}

/** `ip4:192.0.2.0/24` */
function isNamed(term: string, address: string): boolean {
  const [, network = "", length] = /^[+]?ip[46]:([^/]+)(?:\/(\d+))?$/.exec(term) ?? [];
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  const longest = family === "ipv6" ? 128 : 32;
  const prefix = length === undefined ? longest : Number(length);
  if (isIP(network) === 0 || isIP(network) !== isIP(address) || prefix > longest) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(address, family);
}
