import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { HostFile } from "../host-files.ts";
import { labHosts } from "../lab-hosts.ts";
import { writeHostFiles } from "../write-host-files.ts";
import { dboxSettings } from "./dbox-settings.ts";
import { installLetsencrypt } from "./ispmail.ts";
import { ispmailBullseye, ispmailTrixie } from "./ispmail-images.ts";
import type { LabScenario } from "./scenario.ts";

/**
 * An ISPmail server of Debian 11 that Mailferry reaches by IMAP alone, with Maildirs and "." between the parts of a name, and
 * one of Debian 13 with dbox and "/". New works already, but for its accounts: whoever fills old gives them to new.
 */
export const imapCopy: LabScenario = {
  name: "imap-copy",
  playbook: "imap-copy",
  images: { old: ispmailBullseye, new: ispmailTrixie },
  isOldWithoutShell: true,
  installKeys: async ({ roots, ca }) => {
    // New is in use already, by a certificate that clients trust.
    await rm(join(roots.new, "etc", "letsencrypt"), { recursive: true });
    for (const root of [roots.old, roots.new]) {
      await installLetsencrypt(root, ca);
      await writeHostFiles(root, [masterUsers]);
    }
    await writeHostFiles(roots.old, [oldMaster]);
    await writeHostFiles(roots.new, [newMailAndMaster]);
  },
  variables: (files) => ({
    imap_copy_old: serverAt(labHosts.old.address, files.caFile),
    imap_copy_new: serverAt(labHosts.new.address, files.caFile),
    smoke_address: "john@example.org",
    smoke_password: "summersun",
    smoke_server_name: "mail.example.org",
    smoke_ca_file: files.caFile,
  }),
};

/** Who opens everybody's mailbox on both servers. */
const master = { user: "mover", password: "autumnleaf" };

function serverAt(address: string, caFile: string) {
  return {
    address,
    servername: "mail.example.org",
    ca_file: caFile,
    master_user: master.user,
    master_password: master.password,
  };
}

const masterUsers: HostFile = {
  path: "/etc/dovecot/master-users",
  content: `${master.user}:{PLAIN}${master.password}\n`,
  mode: 0o640,
  owner: "root:dovecot",
};

const oldMaster: HostFile = {
  path: "/etc/dovecot/conf.d/99-master-users.conf",
  content: `auth_master_user_separator = *
passdb {
  driver = passwd-file
  master = yes
  args = ${masterUsers.path}
}
`,
};

const newMailAndMaster = dboxSettings(
  "/",
  `
auth_master_user_separator = *
passdb passwd-file {
  master = yes
  passwd_file_path = ${masterUsers.path}
}
`,
);
