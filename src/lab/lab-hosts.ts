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
}

/** The hosts of a lab, by role. */
export const labHosts: Readonly<Record<LabRole, LabHostSpec>> = {
  old: {
    role: "old",
    fqdn: "mail-old.example.org",
    address: "10.77.0.10",
    address6: "fd77::10",
    extraAddresses: [],
  },
  new: {
    role: "new",
    fqdn: "mail-new.example.org",
    address: "10.77.0.20",
    address6: "fd77::20",
    extraAddresses: [],
  },
  dns: {
    role: "dns",
    fqdn: "ns1.example.org",
    address: "10.77.0.53",
    address6: "fd77::53",
    extraAddresses: ["10.77.0.54/24", "fd77::54/64"],
  },
};

/** Root directories of a lab's hosts, mounted and not yet booted. */
export type HostRoots = Readonly<Record<LabRole, string>>;

/** The order in which hosts are named and shown. */
export const labRoles: readonly LabRole[] = ["old", "new", "dns"];

/** This machine's own place in the lab's network: where the controller and the outside senders are. */
export const controllerAddresses = { address: "10.77.0.1", address6: "fd77::1", fqdn: "client.example.com" };

/** The secondary name server; it lives on the same host as the primary. */
export const secondaryNameServer = { address: "10.77.0.54", address6: "fd77::54", fqdn: "ns2.example.org" };

/** The domains whose mail the old server has. */
export const mailDomains: readonly string[] = ["example.org", "example.net"];
