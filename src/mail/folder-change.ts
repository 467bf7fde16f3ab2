import type { ByteText } from "./byte-text.ts";
import { parseMaildirName } from "./maildir-name.ts";

/** What makes the target's folders hold what the source's do. Paths are relative to the mail root. */
export interface FolderChange {
  /** Messages that are on both under two names: only their flags, or new and cur, differ. */
  readonly renames: readonly (readonly [from: ByteText, to: ByteText])[];
  readonly send: readonly ByteText[];
  readonly remove: readonly ByteText[];
}

/** The names in the same leaf folders of both sides that only one of them has. */
export interface NameDifference {
  /** On the source alone. */
  readonly missing: readonly ByteText[];
  /** On the target alone. */
  readonly extra: readonly ByteText[];
}

/** Finds out what happened to the messages: some have another name and are the same. */
export function changeOfFolders({ missing, extra }: NameDifference): FolderChange {
  const missingByMessage = byMessage(missing);
  const renames: [ByteText, ByteText][] = [];
  for (const [message, paths] of byMessage(extra)) {
    const [from, ...others] = paths;
    const [to, ...rivals] = missingByMessage.get(message) ?? [];
    // Two files of one message tell nothing about which of them became which.
    if (from === undefined || to === undefined || others.length + rivals.length > 0) continue;
    renames.push([from, to]);
  }
  const renamedFrom = new Set(renames.map(([from]) => from));
  const renamedTo = new Set(renames.map(([, to]) => to));
  return {
    renames,
    send: missing.filter((path) => !renamedTo.has(path)),
    remove: extra.filter((path) => !renamedFrom.has(path)),
  };
}

/** Paths by folder and unique name; what lies in no `cur` or `new` is no message yet. */
function byMessage(paths: readonly ByteText[]): Map<ByteText, ByteText[]> {
  const found = new Map<ByteText, ByteText[]>();
  for (const path of paths) {
    const [, folder, name] = /^(.*?)(?:cur|new)\/([^/]*)$/s.exec(path) ?? [];
    if (folder === undefined || name === undefined || !(folder === "" || folder.endsWith("/"))) continue;
    const key = `${folder}/${parseMaildirName(name).base}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [path]);
    else known.push(path);
  }
  return found;
}
