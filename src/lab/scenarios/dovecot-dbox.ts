import type { HostFile } from "../host-files.ts";
import { writeHostFiles } from "../write-host-files.ts";
import { bullseyeToTrixie } from "./bullseye-to-trixie.ts";
import type { LabScenario } from "./scenario.ts";

/** An ISPmail server of Debian 11 with Maildirs, and one of Debian 13 whose Dovecot keeps each message in a file of dbox. */
export const dovecotDbox: LabScenario = {
  ...bullseyeToTrixie,
  name: "dovecot-dbox",
  playbook: "dovecot-dbox",
  installKeys: async (material) => {
    await bullseyeToTrixie.installKeys(material);
    await writeHostFiles(material.roots.new, [mailSettings]);
  },
};

const mailSettings: HostFile = {
  path: "/etc/dovecot/conf.d/99-ispmail-mail.conf",
  content: `mail_driver = sdbox
mail_home = /var/vmail/%{user | domain}/%{user | username}
mail_path = ~/sdbox
mail_inbox_path =
mail_uid = vmail
mail_gid = vmail

namespace inbox {
  separator = .
}
`,
};
