import type { Inventory } from "../language/model/inventory.ts";

/** All mail domains of the server, as the inventory lists them for the new host; undefined where it has no plain list of them. */
export function listedDomains({ hosts, groups }: Inventory): readonly string[] | undefined {
  const [name = ""] = groups.get("new") ?? [];
  const listed = hosts.get(name)?.variables.mail_domains;
  if (!Array.isArray(listed) || listed.length === 0) return undefined;
  return listed.every((domain) => typeof domain === "string" && !domain.includes("{{"))
    ? (listed as string[])
    : undefined;
}

/** The domains that belong to no wave yet, in the order of the inventory. */
export function domainsLeft(listed: readonly string[], begun: readonly string[]): string[] {
  return listed.filter((domain) => !begun.includes(domain.toLowerCase()));
}

/** The next ones, as many as a share of all comes to (percent, above 0 to 100): at least one, and no more than are left. */
export function nextShare(listed: readonly string[], left: readonly string[], percent: number): string[] {
  return left.slice(0, Math.max(1, Math.round((listed.length * percent) / 100)));
}
