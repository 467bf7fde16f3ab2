import { passwordOf, type SeedPassword } from "./passwords.ts";
import type { PlannedAlias, PlannedUser } from "./plan.ts";
import { insertRows, runSql } from "./sql.ts";
import type { SeedTarget } from "./target.ts";

/** Users and aliases to be made together. */
export interface Accounts {
  readonly users: readonly PlannedUser[];
  readonly aliases: readonly PlannedAlias[];
}

/** Writes users and aliases into the `mailserver` database, whose domains are there. */
export async function makeAccounts(
  target: SeedTarget,
  accounts: Accounts,
  passwords: readonly SeedPassword[],
): Promise<void> {
  const quota = await runSql(target, "SHOW COLUMNS FROM mailserver.virtual_users LIKE 'quota';\n");
  await runSql(target, accountsSql(accounts, passwords, quota.trim() !== ""));
}

/** One transaction: all accounts, or none when an address is taken. Stretch's guide knows no quota. */
export function accountsSql(
  accounts: Accounts,
  passwords: readonly SeedPassword[],
  knowsQuota: boolean,
): string {
  const users = accounts.users.map(({ address, quota, index }) => [
    domainId(address),
    address,
    passwordOf(passwords, index).hash,
    ...(knowsQuota ? [quota] : []),
  ]);
  const aliases = accounts.aliases.map(({ source, destination }) => [domainId(source), source, destination]);
  return [
    "USE mailserver;\nSTART TRANSACTION;\n",
    "SELECT MIN(id) INTO @example_org FROM virtual_domains WHERE name = 'example.org';\n",
    "SELECT MIN(id) INTO @example_net FROM virtual_domains WHERE name = 'example.net';\n",
    insertRows("virtual_users", ["domain_id", "email", "password", ...(knowsQuota ? ["quota"] : [])], users),
    insertRows("virtual_aliases", ["domain_id", "source", "destination"], aliases),
    "COMMIT;\n",
  ].join("");
}

function domainId(address: string): { readonly sql: string } {
  return { sql: `@${address.slice(address.indexOf("@") + 1).replace(".", "_")}` };
}
