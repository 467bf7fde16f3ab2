import type { LabHost } from "../../src/lab/lab.ts";

/** What a move has to leave on old as it was, by kind; each part has a name and what it is like. */
export type OldState = Readonly<Record<keyof typeof scripts, ReadonlyMap<string, string>>>;

/** Looks at old before a move, or after. */
export async function lookAtOld(old: LabHost): Promise<OldState> {
  const look = async (script: string) => {
    const listed = await old.run(["sh", "-euc", script]);
    return new Map(listed.split("\0").filter(Boolean).map(nameAndValue));
  };
  return {
    messages: await look(scripts.messages),
    settings: await look(scripts.settings),
    databases: await look(scripts.databases),
  };
}

/** What is not as it was, and is not for the playbook to change, as sentences. Mail and keys may have come; nothing may have gone. */
export function whatBecameOfOld(before: OldState, after: OldState): string[] {
  return kinds.flatMap((kind) => {
    const names = new Set([...before[kind].keys(), ...(kind === "settings" ? after[kind].keys() : [])]);
    return [...names]
      .filter((name) => before[kind].get(name) !== after[kind].get(name))
      .filter((name) => kind !== "settings" || !isDocumented(name, after.settings.get(name)))
      .map((name) => {
        const was = before[kind].get(name) ?? "not there";
        return `old's ${kind} ${name}: ${was}; afterwards ${after[kind].get(name) ?? "not there"}`;
      });
  });
}

/** The page of the playbook tells that these stay changed on old once `finish` is done. */
function isDocumented(name: string, value: string | undefined): boolean {
  return value === masked
    ? maskedUnits.has(name)
    : relaySettings.has(name) || name === "/etc/postfix/main.cf";
}

const masked = "l 777 0 0 /dev/null";
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

/** Each prints "NAME<tab>VALUE", NUL after each. A message is known by its folder and base name; `cur` and `new` are one place. */
const scripts = {
  messages: `cd /var/vmail
    find . -type f \\( -path '*/cur/*' -o -path '*/new/*' \\) -exec sha256sum -z {} + |
      sed -z -E 's#^([0-9a-f]*)  (.*)/(cur|new)/([^/:]*)(:[^/]*)?$#\\2/\\4\\t\\1#'`,
  settings: `
    for d in /etc /usr/local /home /opt /srv /var/spool/cron /var/lib/rspamd/dkim; do [ -e "$d" ] || continue
      find "$d" ! -type d ! -type f -printf '%p\\t%y %m %U %G %l\\0'
      find "$d" -type f -printf '%p mode\\t%m %U %G\\0' -exec sha256sum -z {} + | sed -z -E 's|^([0-9a-f]{64})  (.*)$|\\2\\t\\1|'
    done
    postconf -n | sed -E 's|^([^ ]*) = ?(.*)$|main.cf \\1\\t\\2|' | tr '\\n' '\\0'`,
  databases: `
    for name in $(mysql -N -e "SELECT schema_name FROM information_schema.schemata
        WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"); do
      printf '%s\\t%s\\0' "$name" "$(mysqldump --skip-dump-date --skip-comments "$name" | sha256sum)"
    done`,
};

const kinds = Object.keys(scripts) as (keyof typeof scripts)[];

function nameAndValue(line: string): [string, string] {
  const tab = line.lastIndexOf("\t");
  return [line.slice(0, tab), line.slice(tab + 1)];
}
