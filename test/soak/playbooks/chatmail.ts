import { collectMessageIds } from "../../../src/lab/check/collect-ids.ts";
import { chatmailMailRoot } from "../../../src/lab/seeder/seed-chatmail.ts";
import { account } from "../../e2e/account.ts";
import { setTheStage } from "../../e2e/rehearse.ts";
import { listAccounts, listKeys } from "../../e2e/relay-state.ts";
import { ispmail } from "../ispmail.ts";
import type { SoakedPlaybook } from "../soaked-playbook.ts";

const { old, stays, looks } = ispmail("chatmail");
const find = (host: Parameters<typeof collectMessageIds>[0]) =>
  collectMessageIds(host, { root: chatmailMailRoot });

/** What writes among a relay's mailboxes beside Dovecot. */
const helpers = ["doveauth", "chatmail-metadata", "lastlogin", "chatmail-expire.timer"];
const states = (state: string) => helpers.map((unit) => `${unit} ${state}`);

/** A relay, which has no database, and a machine that was bare before. */
export const chatmail: SoakedPlaybook = {
  name: "chatmail",
  setStage: (lab, equipment) => setTheStage(lab, {}, "chatmail", equipment),
  account: (stage, traffic, side) => account(stage, traffic, { find, side }),
  mailRoot: chatmailMailRoot,
  restarts: {
    services: [
      ["systemctl", "restart", "postfix"],
      ["systemctl", "restart", "dovecot"],
    ],
    stores: [["systemctl", "restart", "opendkim"]],
  },
  looks: {
    "a service": `${looks["a service"]}
      for unit in ${helpers.join(" ")}; do echo "$unit $(systemctl is-active $unit) $(systemctl is-enabled $unit)"; done`,
  },
  stays: {
    old: { ...stays.old, "a service": [...(stays.old["a service"] ?? []), ...states("inactive disabled")] },
    new: {
      ...stays.new,
      "a service": [...(stays.new["a service"] ?? []), ...states("active enabled")],
      // Stand-ins for the services above.
      "a program at work": ["/bin/sleep infinity"],
      "a note": ["/var/lib/mailferry/cmdeploy-configured"],
      // It was bare before.
      "a file in a directory for temporary ones": ["/run/dovecot", "/run/opendkim"],
    },
  },
  notes: /^(partial-[0-9a-f]+|pull-[0-9a-f]+(\/.*)?)$/,
  old: {
    ...old,
    directories: ["/etc", "/usr/local", "/opt", "/srv", "/var/spool/cron", "/var/lib/acme"],
    databases: "",
    isDocumented: (setting, value) => old.isDocumented(setting, value) || documented.has(setting),
  },
  same: {
    "keys and certificates": listKeys,
    "times of accounts": listAccounts,
    "what accounts are": `cd ${chatmailMailRoot}
      find . -name password -o -name metadata.json -o -name enforceE2EEincoming | sort | xargs sha256sum`,
  },
};

/** What the page of the playbook tells of old beside what every relay of ours changes. */
const documented: ReadonlySet<string> = new Set([
  ...["local_transport", "smtp_tls_security_level"].map((setting) => `main.cf ${setting}`),
  // Both servers have one name: the smtp client that hands over has another one there.
  "/etc/postfix/master.cf",
  ...["doveauth", "chatmail-metadata", "lastlogin"].map((unit) => wanted("multi-user", `${unit}.service`)),
  wanted("timers", "chatmail-expire.timer"),
]);

/** The link that enables a unit. */
function wanted(target: string, unit: string): string {
  return `/etc/systemd/system/${target}.target.wants/${unit}`;
}
