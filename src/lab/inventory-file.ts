import { stringify } from "yaml";
import type { LabFiles } from "./identity.ts";
import { labHosts, mailDomains, secondaryNameServer } from "./lab-hosts.ts";

/** The inventory of a lab's two mail servers, for the controller on this machine (inside the lab's network). */
export function renderInventory(files: LabFiles): string {
  const { old, new: fresh, dns } = labHosts;
  const inventory = {
    all: {
      vars: {
        user: "root",
        key_file: files.keyFile,
        known_hosts_file: files.knownHostsFile,
        mail_domain: "example.org",
        mail_domains: [...mailDomains],
        mail_name: "mail.example.org",
        dns_server: dns.address,
        dns_servers: [dns.address, secondaryNameServer.address],
        tsig_key_file: files.tsigKeyFile,
        ca_file: files.caFile,
      },
      children: {
        old: { hosts: { [old.fqdn]: { address: old.address, address6: old.address6 } } },
        new: { hosts: { [fresh.fqdn]: { address: fresh.address, address6: fresh.address6 } } },
      },
    },
  };
  return `# The two mail servers of a Mailferry lab.\n${stringify(inventory)}`;
}
