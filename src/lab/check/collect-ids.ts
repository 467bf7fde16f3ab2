import { type SeedTarget, shell } from "../seeder/target.ts";
import { takeSnapshot } from "./snapshot.ts";

/** How often a mailbox ("user@domain") holds each Message-ID. */
export type FoundIds = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Collects the Message-IDs of all Maildir files below /var/vmail/DOMAIN/USER on a host, or below another root; USER may be
 * the whole address. Only headers are read, and folded
 * ones are joined; names of files may hold any byte. `containing` leaves out all ids without that text.
 */
export async function collectMessageIds(
  target: SeedTarget,
  options: { readonly root?: string; readonly containing?: string } = {},
): Promise<FoundIds> {
  const { root = "/var/vmail", containing = "" } = options;
  return parseFoundIds(await target.run(shell(script, root, perlScript, containing)));
}

/** The same of a host that keeps its mail in whatever format, asked of its Dovecot. */
export async function askForMessageIds(target: SeedTarget): Promise<FoundIds> {
  const found = new Map<string, Map<string, number>>();
  for (const [mailbox, { folders }] of Object.entries((await takeSnapshot(target)).users)) {
    for (const { id } of Object.values(folders).flatMap(({ messages }) => messages)) {
      const copies = found.get(id) ?? new Map<string, number>();
      copies.set(mailbox, (copies.get(mailbox) ?? 0) + 1);
      found.set(id, copies);
    }
  }
  return found;
}

/** Reads lines of "DOMAIN/USER<tab>Message-ID" into counts per id and mailbox. */
export function parseFoundIds(output: string): FoundIds {
  const found = new Map<string, Map<string, number>>();
  for (const line of output.split("\n")) {
    const [place, id] = line.split("\t");
    if (place === undefined || id === undefined) continue;
    const [domain, user = ""] = place.split("/");
    const mailbox = user.includes("@") ? user : `${user}@${domain}`;
    const copies = found.get(id) ?? new Map<string, number>();
    copies.set(mailbox, (copies.get(mailbox) ?? 0) + 1);
    found.set(id, copies);
  }
  return found;
}

/** In the C locale, because elsewhere find's patterns match no name whose bytes aren't UTF-8. */
const script = `
  export LC_ALL=C
  cd -- "$1"
  find . -mindepth 4 -type f \\( -path '*/cur/*' -o -path '*/new/*' \\) -print0 | perl -e "$2" -- "$3"`;

/** A file that is gone by the time it is opened was renamed or removed by its owner: that is no fault. */
const perlScript = `
  my $wanted = shift;
  $/ = "\\0";
  while (my $path = <STDIN>) {
    chomp $path;
    open(my $file, "<", $path) or $!{ENOENT} ? next : die "$path: $!\\n";
    local $/ = "\\n";
    my ($id, $open) = ("", 0);
    while (my $line = <$file>) {
      last if $line =~ /^\\r?$/;
      if ($line =~ /^message-id:\\s*(.*?)\\s*$/i) { last if $id ne ""; ($id, $open) = ($1, 1) }
      elsif ($open and $line =~ /^[ \\t]+(.*?)\\s*$/) { $id .= $1 }
      else { $open = 0 }
    }
    next if $id eq "" or index($id, $wanted) < 0;
    my (undef, $domain, $user) = split m{/}, $path;
    print "$domain/$user\\t$id\\n";
  }`;
