import type { LabHost } from "../../src/lab/lab.ts";
import type { OldParts, SoakedPlaybook } from "./soaked-playbook.ts";

/** What a move has to leave on old as it was, by kind; each part has a name and what it is like. */
export type OldState = Readonly<Record<(typeof kinds)[number], ReadonlyMap<string, string>>>;

const kinds = ["messages", "settings", "databases"] as const;

/** Looks at old before a move, or after. */
export async function lookAtOld(old: LabHost, playbook: SoakedPlaybook): Promise<OldState> {
  const { directories, settings, databases } = playbook.old;
  const look = async (script: string, ...words: readonly string[]) => {
    const listed = await old.run(["sh", "-euc", script, "sh", ...words]);
    return new Map(listed.split("\0").filter(Boolean).map(nameAndValue));
  };
  return {
    messages: await look(listMessages, playbook.mailRoot),
    settings: new Map([...(await look(listFiles, ...directories)), ...(await look(settings))]),
    databases: await look(databases),
  };
}

/** What is not as it was, and is not for the playbook to change, as sentences. Mail and keys may have come; nothing may have gone. */
export function whatBecameOfOld({ isDocumented }: OldParts, before: OldState, after: OldState): string[] {
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

// Each prints "NAME<tab>VALUE", NUL after each.

/** A message is known by its folder and base name; `cur` and `new` are one place. */
const listMessages = `cd "$1"
  find . -type f \\( -path '*/cur/*' -o -path '*/new/*' \\) -exec sha256sum -z {} + |
    sed -z -E 's#^([0-9a-f]*)  (.*)/(cur|new)/([^/:]*)(:[^/]*)?$#\\2/\\4\\t\\1#'`;

const listFiles = `
  for d in "$@"; do [ -e "$d" ] || continue
    find "$d" ! -type d ! -type f -printf '%p\\t%y %m %U %G %l\\0'
    find "$d" -type f -printf '%p mode\\t%m %U %G\\0' -exec sha256sum -z {} + | sed -z -E 's|^([0-9a-f]{64})  (.*)$|\\2\\t\\1|'
  done`;

function nameAndValue(line: string): [string, string] {
  const tab = line.lastIndexOf("\t");
  return [line.slice(0, tab), line.slice(tab + 1)];
}
