import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { issueCertificate, type LabCa } from "../certificates.ts";
import type { DkimKey, LabFiles } from "../identity.ts";
import { labHosts } from "../lab-hosts.ts";
import { labFiles } from "../paths.ts";
import { chatmailMailRoot, relayDomain, seedChatmail } from "../seeder/seed-chatmail.ts";
import { writeHostFiles } from "../write-host-files.ts";
import { chatmailBare, chatmailRelay } from "./chatmail-images.ts";
import type { LabScenario } from "./scenario.ts";

/** A chatmail relay, and a bare machine of the same Debian. */
export const chatmail: LabScenario = {
  name: "chatmail",
  playbook: "chatmail",
  images: { old: chatmailRelay, new: chatmailBare },
  installKeys: async ({ roots, dkimKeys, ca }) => {
    await installDkimKey(roots.old, dkimKeys);
    await makeAcmeState(join(roots.old, "var", "lib", "acme"), ca);
  },
  equipController: makeCheckout,
  fill: seedChatmail,
  variables: (files) => ({
    mail_domains: [relayDomain],
    vmail_directory: chatmailMailRoot,
    cmdeploy_checkout: checkoutOf(files),
    dns_watch: ["A", "AAAA"].map((type) => ({ name: relayDomain, type })),
    dns_switch_records: [
      { name: relayDomain, type: "A", ttl: 60, data: labHosts.new.address, state: "exact" },
      { name: relayDomain, type: "AAAA", ttl: 60, data: labHosts.new.address6, state: "exact" },
    ],
    dns_raise_ttl: 14_400,
    smoke_address: `alice@${relayDomain}`,
    smoke_password: "summersun",
    smoke_server_name: relayDomain,
    smoke_ca_file: files.caFile,
    relay_quiet_seconds: 5,
  }),
};

async function installDkimKey(root: string, keys: readonly DkimKey[]): Promise<void> {
  const files = keys
    .filter(({ domain }) => domain === relayDomain)
    .flatMap(({ selector, privatePem, record }) => [
      { path: `/etc/dkimkeys/${selector}.private`, content: privatePem },
      { path: `/etc/dkimkeys/${selector}.txt`, content: `${selector}._domainkey IN TXT ( "${record}" )\n` },
    ])
    .map((file) => ({ ...file, mode: 0o600, owner: "opendkim:opendkim" }));
  await writeHostFiles(root, files);
}

/** Fills `directory` as acmetool fills /var/lib/acme: what `live/` names are links into `certs/`, whose keys lie in `keys/`. */
async function makeAcmeState(directory: string, ca: LabCa): Promise<void> {
  const certificate = join(directory, "certs", "lab");
  for (const each of [certificate, join(directory, "live"), join(directory, "accounts", "lab")]) {
    await mkdir(each, { recursive: true });
  }
  await issueCertificate(certificate, "", [relayDomain, `mta-sts.${relayDomain}`, `www.${relayDomain}`], ca);
  for (const part of ["cert", "chain", "fullchain", "privkey"]) {
    await symlink(`${part}.pem`, join(certificate, part));
  }
  await symlink(join("..", "certs", "lab"), join(directory, "live", relayDomain));
  await writeFile(join(directory, "accounts", "lab", "privkey"), "the account's key\n", { mode: 0o600 });
}

/** The stand-in for the relay's checkout, with what ssh has to know to log in to the lab's hosts. */
async function makeCheckout(files: LabFiles): Promise<void> {
  const checkout = checkoutOf(files);
  await cp(join(labFiles(), "chatmail-relay", "checkout"), checkout, { recursive: true });
  const words = [
    "User root",
    `IdentityFile ${files.keyFile}`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile ${files.knownHostsFile}`,
    "StrictHostKeyChecking yes",
    "BatchMode yes",
  ];
  await writeFile(join(checkout, "ssh_config"), `${words.join("\n")}\n`);
}

function checkoutOf(files: LabFiles): string {
  return join(dirname(files.inventoryFile), "relay");
}
