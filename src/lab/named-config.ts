import { labHosts, secondaryNameServer } from "./lab-hosts.ts";

/** Where a name server keeps its zone files, on its host. */
export function zoneDirectory(server: "primary" | "secondary"): string {
  return `/var/lib/lab-named/${server}`;
}

/** File name of a zone; the root's name would be no file name. */
export function zoneFileName(zone: string): string {
  return zone === "." ? "root.zone" : `${zone}.zone`;
}

/** named.conf of one of the two servers. Whoever holds the TSIG key may update every zone, and transfer it. */
export function renderNamedConfig(
  server: "primary" | "secondary",
  zones: readonly string[],
  tsigKey: string,
): string {
  const own = server === "primary" ? labHosts.dns : secondaryNameServer;
  const blocks = zones.map((zone) => (server === "primary" ? primaryZone(zone) : secondaryZone(zone)));
  return `${tsigKey}
options {
  directory "${zoneDirectory(server)}";
  pid-file "/run/lab-named-${server}/named.pid";
  session-keyfile "/run/lab-named-${server}/session.key";
  listen-on { ${own.address}; };
  listen-on-v6 { ${own.address6}; };
  query-source address ${own.address};
  transfer-source ${own.address};
  notify-source ${own.address};
  recursion no;
  transfers-per-ns 10;
  dnssec-validation no;
  empty-zones-enable no;
  allow-transfer { key "mailferry-lab"; ${secondaryNameServer.address}; };
};
controls { };

${blocks.join("\n")}`;
}

function primaryZone(zone: string): string {
  return `zone "${zone}" {
  type primary;
  file "${zoneFileName(zone)}";
  update-policy { grant "mailferry-lab" zonesub ANY; };
  notify explicit;
  also-notify { ${secondaryNameServer.address}; };
};
`;
}

function secondaryZone(zone: string): string {
  return `zone "${zone}" {
  type secondary;
  file "${zoneFileName(zone)}";
  primaries { ${labHosts.dns.address}; };
  notify no;
};
`;
}
