import type { LabImage } from "../lab-image.ts";

const units = ["ssh", "dovecot", "mariadb", "redis-server", "rspamd", "cron"];
const ports = [22, 25, 143, 587, 993, 3306, 6379, 11332, 11334];
// The schema of Roundcube's database comes with its package.
const baseHook = "common/base.sh";

/** Debian 11, set up by the ISPmail guide for Bullseye. */
export const ispmailBullseye: LabImage = {
  name: "ispmail-bullseye",
  suite: "bullseye",
  baseHook,
  units: [...units, "postfix@-", "rsyslog"],
  ports,
};

/** Debian 11 with the layout of the ISPmail guide for Stretch: no quota, no Rspamd, no Redis. */
export const ispmailStretch: LabImage = {
  name: "ispmail-stretch",
  suite: "bullseye",
  baseHook,
  units: ["ssh", "dovecot", "mariadb", "cron", "postfix@-", "rsyslog"],
  ports: [22, 25, 143, 587, 993, 3306],
};

/** Debian 12 with the layout of the ISPmail guide for Buster, without domains and users. */
export const ispmailBuster: LabImage = {
  name: "ispmail-buster",
  suite: "bookworm",
  baseHook,
  units: [...units, "postfix@-"],
  ports,
};

/** Debian 12, set up by the ISPmail guide for Bookworm. */
export const ispmailBookworm: LabImage = {
  name: "ispmail-bookworm",
  suite: "bookworm",
  baseHook,
  units: [...units, "postfix@-"],
  ports,
};

/** Debian 13, set up by the ISPmail guide for Trixie. */
export const ispmailTrixie: LabImage = {
  name: "ispmail-trixie",
  suite: "trixie",
  baseHook,
  units: [...units, "postfix"],
  ports: [...ports, 465],
};
