import type { DkimKey } from "./identity.ts";
import { controllerAddresses, type LabHostSpec, labHosts, secondaryNameServer } from "./lab-hosts.ts";

/** Seconds that every record of the lab's zones may be kept, until a migration lowers it. */
export const zoneTtlSeconds = 86_400;

/** Zone files by the name of their zone ("." is the root). */
export type Zones = ReadonlyMap<string, string>;

/**
 * The zones of a lab. mail.example.org is the name that MX records and people use; it points at the old server.
 * The root zone is empty, so that every other name is answered at once: it does not exist.
 */
export function renderZones(dkimKeys: readonly DkimKey[]): Zones {
  const dkim = (domain: string) => dkimKeys.filter((key) => key.domain === domain).map(dkimLine);
  return new Map([
    [
      "example.org",
      zone([
        ...[...exampleOrg(), ...policies("example.org"), ...dkim("example.org")],
        ...[...chatmailRelay(), ...dkim("mail.example.org")],
      ]),
    ],
    ["example.net", zone([...exampleNet(), ...policies("example.net"), ...dkim("example.net")])],
    ["example.com", zone(exampleCom())],
    ["0.77.10.in-addr.arpa", zone(reverse((host) => host.address.split(".")[3] ?? ""))],
    [reverseZone6, zone(reverse((host) => reverseDigits6(host.address6)))],
    [".", zone(glue())],
  ]);
}

/** The reverse zone of fd77::/64. */
export const reverseZone6 = "0.0.0.0.0.0.0.0.0.0.0.0.7.7.d.f.ip6.arpa";

function zone(lines: readonly string[]): string {
  const head = [
    `$TTL ${zoneTtlSeconds}`,
    `@ IN SOA ${labHosts.dns.fqdn}. hostmaster.example.org. 1 3600 600 1209600 300`,
    `@ IN NS ${labHosts.dns.fqdn}.`,
    `@ IN NS ${secondaryNameServer.fqdn}.`,
  ];
  return `${[...head, ...lines].join("\n")}\n`;
}

function exampleOrg(): readonly string[] {
  return [
    "@ IN MX 10 mail.example.org.",
    ...addresses("mail", labHosts.old),
    ...addresses("mail-old", labHosts.old),
    ...addresses("mail-new", labHosts.new),
    ...addresses("ns1", labHosts.dns),
    ...addresses("ns2", secondaryNameServer),
    "imap IN CNAME mail.example.org.",
    "smtp IN CNAME mail.example.org.",
    "autoconfig IN CNAME mail.example.org.",
    "_imaps._tcp IN SRV 0 1 993 mail.example.org.",
    '@ IN CAA 0 issue "letsencrypt.org"',
  ];
}

/** mail.example.org as the mail domain of a chatmail relay: all but its addresses names it alone. */
function chatmailRelay(): readonly string[] {
  return [
    "mail IN MX 10 mail.example.org.",
    "www.mail IN CNAME mail.example.org.",
    "mta-sts.mail IN CNAME mail.example.org.",
    'mail IN TXT "v=spf1 a ~all"',
    '_dmarc.mail IN TXT "v=DMARC1;p=reject;adkim=s;aspf=s"',
  ];
}

function exampleNet(): readonly string[] {
  return ["@ IN MX 10 mail.example.org.", ...addresses("mail", labHosts.old)];
}

/** A zone is only loaded when the names of its own servers have addresses. */
function glue(): readonly string[] {
  return [
    ...addresses(`${labHosts.dns.fqdn}.`, labHosts.dns),
    ...addresses(`${secondaryNameServer.fqdn}.`, secondaryNameServer),
  ];
}

/** Where mail from outside comes from. */
function exampleCom(): readonly string[] {
  const { address, address6 } = controllerAddresses;
  return [
    "@ IN MX 10 client.example.com.",
    ...addresses("client", controllerAddresses),
    `@ IN TXT "v=spf1 ip4:${address} ip6:${address6} -all"`,
  ];
}

/** SPF and DMARC. The old server's addresses stand there in full: after a move somebody has to think of them. */
function policies(domain: string): readonly string[] {
  const { address, address6 } = labHosts.old;
  return [
    `@ IN TXT "v=spf1 ip4:${address} ip6:${address6} -all"`,
    `_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@${domain}"`,
  ];
}

/** A string in a TXT record has at most 255 bytes. */
function dkimLine(key: DkimKey): string {
  const strings = key.record.match(/.{1,250}/g) ?? [];
  return `${key.selector}._domainkey.${key.domain}. IN TXT ${strings.map((text) => `"${text}"`).join(" ")}`;
}

function addresses(name: string, host: { address: string; address6: string }): readonly string[] {
  return [`${name} IN A ${host.address}`, `${name} IN AAAA ${host.address6}`];
}

type Named = Pick<LabHostSpec, "address" | "address6" | "fqdn">;

function reverse(nameOf: (host: Named) => string): readonly string[] {
  const hosts: readonly Named[] = [
    labHosts.old,
    labHosts.new,
    labHosts.dns,
    secondaryNameServer,
    controllerAddresses,
  ];
  return hosts.map((host) => `${nameOf(host)} IN PTR ${host.fqdn}.`);
}

/** The part of a reverse name below `reverseZone6`, for an address of the form fd77::xx. */
function reverseDigits6(address6: string): string {
  const last = address6.slice("fd77::".length).padStart(16, "0");
  return [...last].reverse().join(".");
}
