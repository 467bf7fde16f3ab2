/** The three hosts of a lab: the two mail servers, and the one with the name servers. */
export type LabRole = "old" | "new" | "dns";

/** What is the same for a host in every lab. Labs have networks of their own, so the addresses are too. */
export interface LabHostSpec {
  readonly role: LabRole;
  readonly fqdn: string;
  readonly address: string;
  readonly address6: string;
  /** More addresses, with their prefix lengths. */
  readonly extraAddresses: readonly string[];
  readonly suite: "bullseye" | "trixie";
  /** systemd units that run once the host has booted. */
  readonly units: readonly string[];
  /** TCP ports that are open then. */
  readonly ports: readonly number[];
}

const mailUnits = ["ssh", "dovecot", "mariadb", "redis-server", "rspamd", "cron"];
const mailPorts = [22, 25, 143, 587, 993, 3306, 6379, 11332, 11334];

/** The hosts of a lab, by role. */
export const labHosts: Readonly<Record<LabRole, LabHostSpec>> = {
  old: {
    role: "old",
    fqdn: "mail-old.example.org",
    address: "10.77.0.10",
    address6: "fd77::10",
    extraAddresses: [],
    suite: "bullseye",
    units: [...mailUnits, "postfix@-", "rsyslog"],
    ports: mailPorts,
  },
  new: {
    role: "new",
    fqdn: "mail-new.example.org",
    address: "10.77.0.20",
    address6: "fd77::20",
    extraAddresses: [],
    suite: "trixie",
    units: [...mailUnits, "postfix"],
    ports: [...mailPorts, 465],
  },
  dns: {
    role: "dns",
    fqdn: "ns1.example.org",
    address: "10.77.0.53",
    address6: "fd77::53",
    extraAddresses: ["10.77.0.54/24", "fd77::54/64"],
    suite: "trixie",
    units: ["lab-named@primary", "lab-named@secondary"],
    ports: [53],
  },
};

/** The order in which hosts are named and shown. */
export const labRoles: readonly LabRole[] = ["old", "new", "dns"];

/** This machine's own place in the lab's network: where the controller and the outside senders are. */
export const controllerAddresses = { address: "10.77.0.1", address6: "fd77::1", fqdn: "client.example.com" };

/** The secondary name server; it lives on the same host as the primary. */
export const secondaryNameServer = { address: "10.77.0.54", address6: "fd77::54", fqdn: "ns2.example.org" };

/** The domains whose mail the old server has. */
export const mailDomains: readonly string[] = ["example.org", "example.net"];
