import { join } from "node:path";
import { type LabCa, makeLetsencrypt } from "../certificates.ts";
import type { DkimKey, LabFiles } from "../identity.ts";
import { labHosts, mailDomains } from "../lab-hosts.ts";
import { runCommand } from "../run-command.ts";
import { writeHostFiles } from "../write-host-files.ts";

/** Puts the DKIM keys of the mail domains where Rspamd has them. */
export async function installDkimKeys(root: string, keys: readonly DkimKey[]): Promise<void> {
  const ofDomains = keys.filter(({ domain }) => mailDomains.includes(domain));
  const files = ofDomains.map(({ domain, selector, privatePem }) => ({
    path: `/var/lib/rspamd/dkim/${domain}.${selector}.key`,
    content: privatePem,
    mode: 0o400,
    owner: "_rspamd:_rspamd",
  }));
  await writeHostFiles(root, files);
}

/** Gives a host certificates of the lab's authority, as certbot keeps them. */
export async function installLetsencrypt(root: string, ca: LabCa): Promise<void> {
  const letsencrypt = join(root, "etc", "letsencrypt");
  await makeLetsencrypt(letsencrypt, ca);
  await runCommand(["chmod", "-R", "u=rwX,go=rX", letsencrypt]);
  for (const secret of ["archive", "live"]) await runCommand(["chmod", "0700", join(letsencrypt, secret)]);
}

/** How long old has to have taken no mail before `finish`: nobody waits a day in a lab. */
export const relayQuietSeconds = 5;

/** What an ISPmail playbook asks for. */
export function ispmailVariables(files: LabFiles): Readonly<Record<string, unknown>> {
  return {
    database_roundcube_mail_host: labHosts.new.fqdn,
    smoke_address: "john@example.org",
    smoke_password: "summersun",
    smoke_server_name: "mail.example.org",
    smoke_ca_file: files.caFile,
    relay_quiet_seconds: relayQuietSeconds,
  };
}
