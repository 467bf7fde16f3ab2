import type { HostFile } from "../host-files.ts";

/**
 * Has Dovecot 2.4 on an ISPmail server keep each message in a file of dbox, with that separator between the parts of a
 * folder's name. `more`: further settings.
 */
export function dboxSettings(separator: string, more = ""): HostFile {
  return {
    path: "/etc/dovecot/conf.d/99-ispmail-mail.conf",
    content: `mail_driver = sdbox
mail_home = /var/vmail/%{user | domain}/%{user | username}
mail_path = ~/sdbox
mail_inbox_path =
mail_uid = vmail
mail_gid = vmail

namespace inbox {
  separator = ${separator}
}
${more}`,
  };
}
