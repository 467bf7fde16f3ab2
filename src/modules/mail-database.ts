import type { Json } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import {
  type DatabaseLookup,
  doveconfLookups,
  dovecotFileLookup,
  postfixLookup,
} from "../mail/database-lookups.ts";
import { closed } from "./argument-schemas.ts";

/** Says which database a host's Postfix and Dovecot look accounts up in. */
export const mailDatabase = lookingModule<Record<string, never>>({
  name: "mail_database",
  description:
    "Reads from the configuration of this host's Postfix and Dovecot (running or not) which database they look domains, users and aliases up in. Registers `kind` (mariadb, postgresql or sqlite; empty where they ask none), `database` (its name; for SQLite its file) and `lookups`: `kind`, `name` and `file` of each setting. Passwords stay on the host.",
  args: closed({}),

  async look(_args, host) {
    const { stdout } = await host.probe(["sh", "-c", lookupsScript]);
    const lookups = readLookups(stdout.toString("utf8"));
    // Postfix's own maps stand first.
    const [first] = lookups;
    return {
      result: {
        kind: first?.kind ?? "",
        database: first?.name ?? "",
        lookups: lookups as unknown as Json,
      },
    };
  },
});

/** The database's part of each file, indented below the file's name. */
const lookupsScript = String.raw`export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
exec 2>/dev/null
open() {
  sed -e ':join' -e '/\\$/N; s/\\\n//; t join' "$1" | grep -E '^[[:space:]]*(dbname|dbpath|driver|connect)[[:space:]]*=' |
    sed -E 's/[^[:space:]]*(pass|pw)[^[:space:]=]*=[^[:space:]]*//Ig; s/^/  /'
}
maps=$(postconf virtual_mailbox_domains virtual_mailbox_maps virtual_alias_maps)
printf '%s\n' "$maps" | grep -oE '(mysql|pgsql|sqlite):/[^ ,]+' | awk '!seen[$0]++' | while IFS=: read -r driver file; do
  echo "postfix $driver $file"
  open "$file"
done
config=$(doveconf -n || dovecot -n)
printf '%s\n' "$config" | sed -nE 's/^[[:space:]]*args = (\/[^ ]*)$/\1/p' | awk '!seen[$0]++' | while read -r file; do
  echo "dovecot sql $file"
  open "$file"
done
echo "doveconf"
printf '%s\n' "$config" | grep -E '[{}]|^[[:space:]]*(dbname|sqlite_path) =' | sed 's/^/  /'
`;

function readLookups(text: string): DatabaseLookup[] {
  const blocks: { head: string; body: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("  ")) blocks.at(-1)?.body.push(line.slice(2));
    else if (line !== "") blocks.push({ head: line, body: [] });
  }
  return blocks.flatMap(({ head, body }) => {
    const [program = "", driver = "", ...file] = head.split(" ");
    if (program === "doveconf") return doveconfLookups(body.join("\n"));
    if (program === "dovecot") return dovecotFileLookup(body, file.join(" "));
    return postfixLookup(driver, body, file.join(" "));
  });
}
