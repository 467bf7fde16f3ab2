import type { Resolver } from "./resolver.ts";

/** Which address families are used; `both` takes IPv6 first, as MTAs do. */
export type Family = "4" | "6" | "both";

/** Where a mail may be handed over, best first; `none` when the domain takes no mail, which is a permanent failure. */
export type Route =
  | { readonly status: "servers"; readonly addresses: readonly string[] }
  | { readonly status: "none"; readonly why: string };

/** Finds the mail servers of a domain as RFC 5321 section 5.1 says. Throws DnsFailure when it can't be known now. */
export async function findRoute(resolver: Resolver, domain: string, family: Family): Promise<Route> {
  const exchanges = await findExchanges(resolver, domain);
  if (exchanges === undefined) return { status: "none", why: `${domain} does not exist` };
  if (exchanges.some((name) => name === "." || name === "")) {
    return { status: "none", why: `${domain} takes no mail (null MX)` };
  }
  const addresses: string[] = [];
  for (const name of exchanges) addresses.push(...(await findAddresses(resolver, name, family)));
  if (addresses.length === 0) return { status: "none", why: `no mail server of ${domain} has an address` };
  return { status: "servers", addresses };
}

async function findExchanges(resolver: Resolver, domain: string): Promise<readonly string[] | undefined> {
  const answer = await resolver.lookup(domain, "MX");
  if (answer.status === "no-such-name") return undefined;
  // Without an MX the domain's own address is its mail server.
  if (answer.status === "no-data") return [domain];
  return [...answer.records].sort((a, b) => a.preference - b.preference).map((record) => record.value);
}

async function findAddresses(resolver: Resolver, name: string, family: Family): Promise<readonly string[]> {
  const types = family === "both" ? (["AAAA", "A"] as const) : ([family === "6" ? "AAAA" : "A"] as const);
  const found: string[] = [];
  for (const type of types) {
    const answer = await resolver.lookup(name, type);
    if (answer.status === "found") found.push(...answer.records.map((record) => record.value));
  }
  return found;
}
