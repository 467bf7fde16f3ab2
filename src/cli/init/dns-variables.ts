import { isIPv6 } from "node:net";
import type { FoundVariable, NameAddresses } from "./found-variable.ts";
import type { SurveyedPair } from "./playbook-fit.ts";

/** The records that lead to old by now, and what they have to be. */
export function dnsVariables(pair: SurveyedPair, leadsTo: NameAddresses): FoundVariable[] {
  const { mailDomains, addresses } = pair.old;
  const records = [...leadsTo].sort().flatMap(([name, found]) => {
    const own = found.filter((address) => addresses.includes(address));
    return [...new Set(own.map(recordType))].map((type) => ({ name, type }));
  });
  const switched = records.flatMap(({ name, type }) => {
    const data = pair.new.addresses.find((address) => recordType(address) === type);
    return data === undefined ? [] : [{ name, type, ttl: 60, data, state: "exact" }];
  });
  const watched = [
    ...mailDomains.flatMap((name) => [
      { name, type: "MX" },
      { name, type: "TXT" },
    ]),
    ...records,
  ];
  return [
    {
      name: "dns_method",
      value: "manual",
      says: "Or nsupdate, or command: see roles/dns/defaults/main.yml.",
    },
    {
      name: "dns_watch",
      value: watched,
      says: "The records that lead to old: their TTLs are lowered before the move.",
    },
    {
      name: "dns_switch_records",
      value: switched,
      says: "The records as they must be after the move: names that lead to old by now. Add SPF (TXT) where it names old's address.",
    },
    {
      name: "dns_resolvers",
      value: ["9.9.9.9", "1.1.1.1"],
      says: "Resolvers of others that are asked what they still know of these records.",
      isSuggestion: true,
    },
    {
      name: "dns_blocklists",
      value: ["zen.spamhaus.org"],
      says: "Block lists that are asked for new's addresses. Some don't answer through large public resolvers.",
      isSuggestion: true,
    },
  ];
}

function recordType(address: string): "A" | "AAAA" {
  return isIPv6(address) ? "AAAA" : "A";
}
