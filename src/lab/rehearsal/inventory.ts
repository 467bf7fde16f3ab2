import { stringify } from "yaml";
import type { Lab } from "../lab.ts";
import { labHosts } from "../lab-hosts.ts";

/** What a rehearsal adds to a migration's variables, above those that fit the lab. */
export type RehearsalVariables = Readonly<Record<string, unknown>>;

/** The inventory of a rehearsal: the lab's hosts with every variable that the Bullseye to Trixie playbook asks for. */
export function rehearsalInventory(lab: Lab, more: RehearsalVariables = {}): string {
  const { old, new: fresh, dns } = lab.hosts;
  const domains = ["example.org", "example.net"];
  const host = (of: typeof old) => ({ [of.name]: { address: of.address, user: "root" } });
  const vars = {
    key_file: lab.files.keyFile,
    known_hosts_file: lab.files.knownHostsFile,
    ssh_config_file: "none",
    mail_domains: domains,
    preflight_new_addresses: [fresh.address, fresh.address6],
    dns_method: "nsupdate",
    dns_server: dns.address,
    dns_key_file: lab.files.tsigKeyFile,
    // Nobody outside of the lab has asked for these names: there is no old TTL to wait for.
    dns_wait_for_ttl: false,
    dns_watch: watchedRecords(domains),
    dns_switch_records: switchedRecords(domains),
    database_roundcube_mail_host: fresh.name,
    smoke_address: "john@example.org",
    smoke_password: "summersun",
    smoke_server_name: "mail.example.org",
    smoke_ca_file: lab.files.caFile,
    relay_quiet_seconds: 5,
    ...more,
  };
  const groups = { old: { hosts: host(old) }, new: { hosts: host(fresh) } };
  return `# A rehearsal in the lab ${lab.name}.\n${stringify({ all: { vars, children: groups } }, { lineWidth: 0 })}`;
}

/** The answers of a rehearsal: the cutover asks for the old host's name. */
export function rehearsalAnswers(lab: Lab): string {
  return stringify({ "confirm-cutover": lab.hosts.old.name });
}

function watchedRecords(domains: readonly string[]) {
  return [
    ...domains.flatMap((name) => [
      { name, type: "MX" },
      { name, type: "TXT" },
    ]),
    { name: "mail.example.org", type: "A" },
    { name: "mail.example.org", type: "AAAA" },
  ];
}

function switchedRecords(domains: readonly string[]) {
  const { old, new: fresh } = labHosts;
  const both = [old, fresh].map((host) => `ip4:${host.address} ip6:${host.address6}`).join(" ");
  return [
    { name: "mail.example.org", type: "A", ttl: 60, data: fresh.address, state: "exact" },
    { name: "mail.example.org", type: "AAAA", ttl: 60, data: fresh.address6, state: "exact" },
    ...domains.map((name) => ({ name, type: "TXT", ttl: 60, data: `v=spf1 ${both} -all`, state: "exact" })),
  ];
}
