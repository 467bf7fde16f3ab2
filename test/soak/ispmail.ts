import { account } from "../e2e/account.ts";
import { setTheStage } from "../e2e/rehearse.ts";
import type { SoakedPlaybook, WayBack } from "./soaked-playbook.ts";
import { useNew } from "./use-new.ts";

/** What the playbooks have in common that move an ISPmail server. Their scenario in the lab has the playbook's name. */
export function ispmail(name: string): SoakedPlaybook {
  return {
    name,
    setStage: (lab, equipment) => setTheStage(lab, {}, name, equipment),
    account: (stage, traffic, side) => account(stage, traffic, { side }),
    mailRoot: "/var/vmail",
    restarts: {
      services: [restart("postfix"), restart("dovecot")],
      stores: [restart("mariadb"), restart("redis-server")],
    },
    looks: {
      "a service": 'for unit in postfix dovecot; do echo "$unit $(systemctl is-enabled $unit)"; done',
      "a database aside": "mysql -N -e 'SHOW DATABASES' | grep -i mailferry",
    },
    stays: {
      old: {
        "a latch": ["old-frozen"],
        "a masked unit": ["dovecot.service", "dovecot.socket", "postfix.service"],
        "a service": ["postfix masked", "dovecot masked"],
      },
      new: { "a latch": ["new-opened", "new-serving"], "a service": ["postfix enabled", "dovecot enabled"] },
    },
    notes: /^((mariadb-[a-z]+|redis)\.json|partial-[0-9a-f]+|pull-[0-9a-f]+(\/.*)?)$/,
    old: {
      directories: ["/etc", "/usr/local", "/home", "/opt", "/srv", "/var/spool/cron", "/var/lib/rspamd/dkim"],
      settings: "postconf -n | sed -E 's|^([^ ]*) = ?(.*)$|main.cf \\1\\t\\2|' | tr '\\n' '\\0'",
      databases: `
        for name in $(mysql -N -e "SELECT schema_name FROM information_schema.schemata
            WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"); do
          printf '%s\\t%s\\0' "$name" "$(mysqldump --skip-dump-date --skip-comments "$name" | sha256sum)"
        done`,
      isDocumented: (setting, value) =>
        value === "l 777 0 0 /dev/null"
          ? maskedUnits.has(setting)
          : relaySettings.has(setting) || setting === "/etc/postfix/main.cf",
    },
    same: { ...mailserver, ...webmail, certificates },
  };
}

/** The same for `back`, where the whole server moves at once and Mailferry logs in on both. */
export const ispmailWayBack: WayBack = {
  useNew,
  stays: {
    old: { "a service": ["postfix enabled", "dovecot enabled"] },
    new: {
      "a masked unit": ["dovecot.service", "dovecot.socket", "postfix.service"],
      "a service": ["postfix masked", "dovecot masked"],
    },
  },
  // Empty, as it is when nobody says anything.
  isDocumented: (setting, value) =>
    setting === "/etc/postfix/main.cf" || (setting === "main.cf master_service_disable" && value === ""),
};

function restart(service: string): readonly string[] {
  return ["systemctl", "restart", service];
}

const maskedUnits: ReadonlySet<string> = new Set(
  ["postfix.service", "dovecot.service", "dovecot.socket"].map((unit) => `/etc/systemd/system/${unit}`),
);
const relaySettings: ReadonlySet<string> = new Set(
  [
    "virtual_transport",
    "smtpd_sasl_auth_enable",
    "smtpd_recipient_restrictions",
    "master_service_disable",
    "soft_bounce",
  ].map((setting) => `main.cf ${setting}`),
);

const rows = (columns: string, table: string, database = "mailserver") =>
  `mysql --default-character-set=utf8mb4 -N ${database} -e "SELECT ${columns} FROM ${table} ORDER BY 1"`;

const mailserver = {
  domains: rows("id, HEX(name)", "virtual_domains"),
  users: rows("id, domain_id, HEX(email), HEX(password)", "virtual_users"),
  aliases: rows("id, domain_id, HEX(source), HEX(destination)", "virtual_aliases"),
};

/** What each user may keep, where old's schema knows of it. */
export const quotas = { quotas: rows("id, quota", "virtual_users") };

const webmail = {
  // The mail server's name in them is new's own.
  "webmail users": rows("user_id, HEX(username), created, language, HEX(preferences)", "users", "roundcube"),
  identities: rows("identity_id, user_id, HEX(name), HEX(email), HEX(signature)", "identities", "roundcube"),
  contacts: rows(
    "contact_id, user_id, HEX(name), HEX(email), HEX(vcard), HEX(words)",
    "contacts",
    "roundcube",
  ),
  groups: rows("contactgroup_id, user_id, HEX(name)", "contactgroups", "roundcube"),
  "members of groups": rows("contactgroup_id, contact_id", "contactgroupmembers", "roundcube"),
};

/** Where old has Rspamd. */
export const dkimKeys = { "DKIM keys": "cd /var/lib/rspamd/dkim; sha256sum *.key | sort" };

const certificates =
  "cd /etc/letsencrypt; find archive live -name '*.pem' -type f -exec sha256sum {} + | sort";
