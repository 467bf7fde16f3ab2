import { accountForQmail, setQmailStage } from "../../e2e/qmail-stage.ts";
import type { SoakedPlaybook } from "../soaked-playbook.ts";

const restart = ["svc", "-t"];

/** Two hosts with the stand-in for qmail, which has no database and whose services daemontools keeps. */
export const qmailToQmail: SoakedPlaybook = {
  name: "qmail-to-qmail",
  setStage: (lab, equipment) => setQmailStage(lab, { isWithoutRootLogin: false, ...equipment }),
  account: accountForQmail,
  mailRoot: "/mail",
  restarts: {
    services: [
      [...restart, "/service/qmail-smtpd"],
      [...restart, "/service/qmail-pop3d"],
    ],
    stores: [[...restart, "/service/qmail-send"]],
  },
  looks: {
    "a service": `cd /service; for name in *; do
      if [ -e "$name/down" ]; then echo "$name kept down"; fi; svstat "$name" | sed -n 's/: \\(up\\|down\\) .*/ \\1/p'; done`,
    "a sticky home": "find \"$1\" -mindepth 2 -maxdepth 2 -perm -1000 -printf '%f\\n'",
  },
  stays: {
    old: {
      "a latch": ["old-frozen"],
      "a service": ["qmail-smtpd kept down", "qmail-smtpd down", "qmail-pop3d kept down", "qmail-pop3d down"],
    },
    new: {
      "a latch": ["new-opened", "new-serving"],
      "a service": ["qmail-smtpd up", "qmail-pop3d up"],
      // She has kept her mail back before the move, and goes on.
      "a sticky home": ["erin"],
    },
  },
  notes:
    /^(qmail-[a-z]+\.json|qmail-send-read\.json|sticky-[^/]*\.json|pull-[0-9a-f]+(\/.*)?|partial-[0-9a-f]+)$/,
  old: {
    directories: [
      ...["/etc", "/usr/local", "/home", "/opt", "/srv", "/var/spool/cron"],
      ...["/var/qmail/control", "/var/qmail/users", "/var/qmail/alias"],
    ],
    settings: `
      find /mail -mindepth 1 -maxdepth 2 -printf 'home %p\\t%y %m %U %G\\0'
      find /service -name supervise -prune -o -type f -printf '%p\\t%m %U %G\\0'`,
    databases: "",
    isDocumented: (name) => documented.some((each) => name === each || name === `${each} mode`),
  },
  same: {
    users:
      "for user in alice bob carol dave erin; do getent passwd $user; getent shadow $user | cut -d : -f 1,2; done",
    "homes with their owners": "cd /mail; find . -mindepth 2 -maxdepth 2 -printf '%p %m %u:%g\\n' | sort",
    "users/assign": "sha256sum /var/qmail/users/assign",
    "forwards of alias": "cd /var/qmail/alias; sha256sum .qmail-*",
  },
};

/** What the page of the playbook tells of old, once the move is finished. */
const documented: readonly string[] = [
  ...["locals", "virtualdomains", "rcpthosts", "smtproutes"].map((file) => `/var/qmail/control/${file}`),
  ...["qmail-smtpd", "qmail-pop3d"].map((service) => `/service/${service}/down`),
];
