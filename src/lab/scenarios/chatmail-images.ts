import type { LabImage } from "../lab-image.ts";

/** Debian 12 with a chatmail relay that serves. */
export const chatmailRelay: LabImage = {
  name: "chatmail-relay",
  suite: "bookworm",
  units: ["ssh", "dovecot", "postfix@-", "opendkim", "doveauth", "chatmail-metadata", "lastlogin"],
  ports: [22, 25, 143, 465, 587, 993],
};

/** Debian 12 that no relay was set up on yet. */
export const chatmailBare: LabImage = {
  name: "chatmail-bare",
  suite: "bookworm",
  units: ["ssh"],
  ports: [22],
};
