import { randomBytes } from "node:crypto";
import { sudoersLines } from "../transport/sudoers.ts";
import { controllerAddresses, type LabHostSpec, labHosts } from "./lab-hosts.ts";

/** A file to write into a host before its first boot. */
export interface HostFile {
  readonly path: string;
  readonly content: string;
  /** Permission bits; 0644 when left out. */
  readonly mode?: number | undefined;
  /** `user:group` as the host knows them; root when left out. */
  readonly owner?: string | undefined;
}

/** The user that Mailferry logs in as. */
export const loginUser = "ferryman";

/** What lets the controller in as root. */
export function rootLoginFile(loginKey: string): HostFile {
  return { path: "/root/.ssh/authorized_keys", content: loginKey, mode: 0o600 };
}

/** What lets the controller in as that user, which is there, and sudo let it become root. */
export function loginFiles(loginKey: string): readonly HostFile[] {
  const rights = { loginUser, becomeUsers: ["root"], asksPassword: false };
  return [
    {
      path: `/home/${loginUser}/.ssh/authorized_keys`,
      content: loginKey,
      mode: 0o600,
      owner: `${loginUser}:${loginUser}`,
    },
    { path: `/etc/sudoers.d/${loginUser}`, content: `${sudoersLines(rights).join("\n")}\n`, mode: 0o440 },
    dataLinksOnly,
  ];
}

/** Root gets in by the key of a data link, and by none that opens a shell. */
const dataLinksOnly: HostFile = {
  path: "/etc/ssh/sshd_config.d/mailferry-lab.conf",
  content: "PermitRootLogin forced-commands-only\n",
};

/** What makes one host of one lab itself: name, machine id, addresses and resolver. */
export function identityFiles(host: LabHostSpec): readonly HostFile[] {
  return [
    { path: "/etc/hostname", content: `${shortName(host)}\n` },
    { path: "/etc/machine-id", content: `${randomBytes(16).toString("hex")}\n`, mode: 0o444 },
    { path: "/etc/hosts", content: hostsTable(host) },
    { path: "/etc/resolv.conf", content: resolvConf() },
    // Sorts before the 80-container-host0.network that systemd ships.
    { path: "/etc/systemd/network/10-host0.network", content: networkFile(host) },
  ];
}

/** The first label of the host's name. */
export function shortName(host: LabHostSpec): string {
  return host.fqdn.split(".")[0] ?? host.fqdn;
}

/** A resolv.conf that asks the lab's name server, and gives up soon when it does not answer. */
export function resolvConf(): string {
  return `nameserver ${labHosts.dns.address}\noptions timeout:2 attempts:2\n`;
}

function hostsTable(host: LabHostSpec): string {
  return [
    "127.0.0.1 localhost",
    "::1 localhost ip6-localhost ip6-loopback",
    `${host.address} ${host.fqdn} ${shortName(host)}`,
    "",
  ].join("\n");
}

/** No gateway: there is no way out. Duplicate addresses are impossible here, so nothing waits to detect them. */
function networkFile(host: LabHostSpec): string {
  const addresses = [`${host.address}/24`, `${host.address6}/64`, ...host.extraAddresses];
  const blocks = addresses.map(
    (address) => `[Address]\nAddress=${address}\nDuplicateAddressDetection=none\n`,
  );
  return `# The controller is ${controllerAddresses.address}.
[Match]
Name=host0

[Network]
IPv6AcceptRA=no

${blocks.join("\n")}`;
}
