import { type SeedTarget, shell } from "../seeder/target.ts";
import type { SnapshotDifference } from "./compare-snapshots.ts";

/**
 * All that lies in the homes of a host without Dovecot, by path below the directory of all homes (DOMAIN/USER/…): kind, mode, owner, size,
 * time and hash. A message's path is without `new` or `cur` and its flags, which stand in its value: what is left is its POP3 id.
 */
export type Homes = Readonly<Record<string, string>>;

/** What differs in homes after a move; the kinds of differences that Dovecot's users would see, and one of files. */
export interface HomeDifference extends Omit<SnapshotDifference, "kind"> {
  readonly kind: "missing" | "changed";
}

/** Lists the homes that lie two levels below `root`. What is still written, in `tmp`, is left out. */
export async function listHomes(target: SeedTarget, root: string): Promise<Homes> {
  return parseHomes(await target.run(shell(script, root)));
}

/** Reads "PATH<tab>VALUE" with NUL after each; a path that comes again has more to tell. */
function parseHomes(listed: string): Homes {
  const homes: Record<string, string> = {};
  for (const entry of listed.split("\0").filter(Boolean)) {
    const tab = entry.lastIndexOf("\t");
    const { path, flags } = withoutFlags(entry.slice(0, tab));
    const known = homes[path] ?? flags;
    homes[path] = [...(known === undefined ? [] : [known]), entry.slice(tab + 1)].join(", ");
  }
  return homes;
}

/** What of `before` is not there any more as it was. What came since is no difference. */
export function compareHomes(before: Homes, after: Homes): readonly HomeDifference[] {
  return Object.entries(before).flatMap(([path, value]): HomeDifference[] => {
    const now = after[path];
    if (now === value) return [];
    const [domain, user = "", ...rest] = path.split("/");
    const place = { user: `${user}@${domain}`, folder: rest.slice(0, -1).join("/") };
    const name = `${rest.at(-1)} (${value})`;
    if (now === undefined) return [{ ...place, kind: "missing", detail: name }];
    return [{ ...place, kind: "changed", detail: `${name} became ${now}` }];
  });
}

/** A POP3 server moves messages from `new` to `cur` by itself: they are where they were, without flags. */
function withoutFlags(path: string): { readonly path: string; readonly flags?: string } {
  const message = /^(.*)\/(?:cur|new)\/([^/:]+)(?::2,([^/]*))?$/.exec(path);
  if (message === null) return { path };
  const [, folder, name, flags = ""] = message;
  return { path: `${folder}/${name}`, flags: `flags "${[...flags].sort().join("")}"` };
}

const script = `
  cd -- "$1"
  find . -mindepth 3 -path '*/tmp/*' -prune -o -type f -printf '%P\\tfile %m %u:%g %s bytes of %Ts\\0' \
    -o -printf '%P\\t%y %m %u:%g %l\\0'
  find . -mindepth 3 -path '*/tmp/*' -prune -o -type f -exec sha256sum -z {} + |
    sed -z -E 's#^([0-9a-f]{64})  \\./(.*)$#\\2\\tSHA-256 \\1#'`;
