import { stringify } from "yaml";
import { loginUser } from "./host-files.ts";
import type { LabFiles } from "./identity.ts";
import { labHosts, mailDomains, secondaryNameServer } from "./lab-hosts.ts";
import type { LabScenario } from "./scenarios/scenario.ts";
import type { LabState } from "./state.ts";

/** Variables above those that fit the lab, for one rehearsal. */
export type MoreVariables = Readonly<Record<string, unknown>>;

/** What an inventory tells of a lab. */
export interface InventoryLab extends Pick<LabState, "isWithoutRootLogin"> {
  readonly scenario: LabScenario;
  readonly files: LabFiles;
}

/**
 * The inventory of a lab's two mail servers, for the controller on this machine (inside the lab's network), with every
 * variable that the scenario's playbook asks for.
 */
export function renderInventory(lab: InventoryLab, more: MoreVariables = {}): string {
  const { scenario, files } = lab;
  const { old, new: fresh, dns } = labHosts;
  const vars = {
    ...(lab.isWithoutRootLogin === true ? { user: loginUser, become: true } : { user: "root" }),
    key_file: files.keyFile,
    known_hosts_file: files.knownHostsFile,
    ssh_config_file: "none",
    mail_domains: [...mailDomains],
    preflight_new_addresses: [fresh.address, fresh.address6],
    preflight_old_addresses: [old.address, old.address6],
    dns_method: "nsupdate",
    dns_server: dns.address,
    dns_key_file: files.tsigKeyFile,
    dns_resolvers: [secondaryNameServer.address],
    // Nobody outside of the lab has asked for these names: there is no old TTL to wait for.
    dns_wait_for_ttl: false,
    // Of so little mail "auto" would make one stream.
    maildir_streams: 2,
    dns_watch: watchedRecords(),
    dns_switch_records: switchedRecords(),
    ...scenario.variables(files),
    ...more,
  };
  const children = {
    old: { hosts: scenario.isOldWithoutShell ? {} : { [old.fqdn]: { address: old.address } } },
    new: { hosts: { [fresh.fqdn]: { address: fresh.address } } },
  };
  return `# The two mail servers of a Mailferry lab.\n${stringify({ all: { vars, children } }, { lineWidth: 0 })}`;
}

function watchedRecords() {
  const ofDomain = (name: string) => [
    { name, type: "MX" },
    { name, type: "TXT" },
  ];
  const others = [
    { name: "mail.example.org", type: "A" },
    { name: "mail.example.org", type: "AAAA" },
    { name: "autoconfig.example.org", type: "CNAME" },
    { name: "_imaps._tcp.example.org", type: "SRV" },
    { name: "example.org", type: "CAA" },
  ];
  return [...mailDomains.flatMap(ofDomain), ...others];
}

function switchedRecords() {
  const { old, new: fresh } = labHosts;
  const both = [old, fresh].map((host) => `ip4:${host.address} ip6:${host.address6}`).join(" ");
  return [
    { name: "mail.example.org", type: "A", ttl: 60, data: fresh.address, state: "exact" },
    { name: "mail.example.org", type: "AAAA", ttl: 60, data: fresh.address6, state: "exact" },
    ...mailDomains.map((name) => ({
      name,
      type: "TXT",
      ttl: 60,
      data: `v=spf1 ${both} -all`,
      state: "exact",
    })),
  ];
}
