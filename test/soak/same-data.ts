import type { LabHost } from "../../src/lab/lab.ts";
import type { Stage } from "../e2e/rehearse.ts";

/** Compares what is no mail and still must be the same on both hosts. Sentences; none when it is. */
export async function differentData({ lab }: Stage): Promise<string[]> {
  const findings: string[] = [];
  for (const [what, script] of Object.entries(mustBeEqual)) {
    const [before, after] = await Promise.all([look(lab.hosts.old, script), look(lab.hosts.new, script)]);
    if (before === "") findings.push(`${what}: nothing on old to compare with`);
    if (before !== after) findings.push(`${what}: on old\n${before}\nand on new\n${after}`);
  }
  return findings;
}

async function look(host: LabHost, script: string): Promise<string> {
  return (await host.run(["sh", "-euc", script])).trim();
}

const rows = (columns: string, table: string, database = "mailserver") =>
  `mysql --default-character-set=utf8mb4 -N ${database} -e "SELECT ${columns} FROM ${table} ORDER BY 1"`;

const mustBeEqual: Readonly<Record<string, string>> = {
  domains: rows("id, HEX(name)", "virtual_domains"),
  users: rows("id, domain_id, HEX(email), HEX(password), quota", "virtual_users"),
  aliases: rows("id, domain_id, HEX(source), HEX(destination)", "virtual_aliases"),
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
  "DKIM keys": "cd /var/lib/rspamd/dkim; sha256sum *.key | sort",
  certificates: "cd /etc/letsencrypt; find archive live -name '*.pem' -type f -exec sha256sum {} + | sort",
};
