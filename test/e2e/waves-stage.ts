import type { MoreVariables } from "../../src/lab/inventory-file.ts";
import { labHosts } from "../../src/lab/lab-hosts.ts";
import { type Stage, type StageEquipment, setTheStage } from "./rehearse.ts";

/** The domains of a server that moves one domain at a time, in the order of their waves. */
export const [first, last] = ["example.net", "example.org"];

/** Boots two hosts as of Bullseye to Trixie, with an inventory whose domains can be switched one by one. */
export function setWavesStage(
  name: string,
  { variables, ...equipment }: StageEquipment & { readonly variables?: MoreVariables } = {},
): Promise<Stage> {
  const { fqdn, address, address6 } = labHosts.new;
  const switched = [
    { name: first, type: "MX", ttl: 60, data: `10 ${fqdn}.`, state: "exact" },
    { name: "mail.example.org", type: "A", ttl: 60, data: address, state: "exact" },
    { name: "mail.example.org", type: "AAAA", ttl: 60, data: address6, state: "exact" },
  ];
  const more = { ...equipment, playbook: "ispmail-waves" };
  return setTheStage(name, { ...variables, dns_switch_records: switched }, undefined, more);
}
