import type { SeedPlan } from "./plan.ts";
import { insertRows, runSql, type SqlValue } from "./sql.ts";
import type { SeedTarget } from "./target.ts";

/** Gives users of Roundcube identities and contacts. Returns how many users it has made; 0 where there is no Roundcube. */
export async function fillWebmail(target: SeedTarget, plan: SeedPlan): Promise<number> {
  const found = await runSql(target, "SHOW DATABASES LIKE 'roundcube';\n");
  if (found.trim() === "") return 0;
  const people = plan.users.filter((user) => user.kind !== "untouched").map((user) => user.address);
  await runSql(target, webmailSql(people, target.name));
  return people.length;
}

/** `mailHost` is what Roundcube keeps as the server that a user has logged in to. */
export function webmailSql(people: readonly string[], mailHost: string): string {
  const users = people.map((address) => [
    address,
    mailHost,
    "2022-03-01 10:00:00",
    "de_DE",
    'a:1:{s:8:"timezone";s:4:"auto";}',
  ]);
  const identities = people.map((address, index) => [
    userId(address, mailHost),
    "2022-03-01 10:00:00",
    1,
    `${names[index % names.length]} ${index}`,
    address,
    index % 2 === 0 ? "-- \nMit Grüßen ✉" : null,
  ]);
  const contacts = people.flatMap((address) => contactsOf(userId(address, mailHost)));
  return [
    "USE roundcube;\nSTART TRANSACTION;\n",
    insertRows("users", ["username", "mail_host", "created", "language", "preferences"], users),
    insertRows("identities", ["user_id", "changed", "standard", "name", "email", "signature"], identities),
    insertRows(
      "contacts",
      ["user_id", "changed", "name", "email", "firstname", "surname", "vcard", "words"],
      contacts,
    ),
    "COMMIT;\n",
  ].join("");
}

function userId(address: string, mailHost: string): { readonly sql: string } {
  return { sql: `(SELECT user_id FROM users WHERE username = '${address}' AND mail_host = '${mailHost}')` };
}

function contactsOf(owner: { readonly sql: string }): readonly (readonly SqlValue[])[] {
  return names.slice(0, 3).map((name, index) => {
    const [first = "", last = ""] = name.split(" ");
    const email = `contact${index}@example.com`;
    const vcard = `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nEMAIL:${email}\nEND:VCARD`;
    return [owner, "2023-01-01 08:00:00", name, email, first, last, vcard, ` ${name.toLowerCase()} `];
  });
}

const names = ["Zoë Müller", "Søren O'Neil", "Šárka {{name}}", "山田 太郎"] as const;
