import type { ByteText } from "./byte-text.ts";
import type { NameDifference } from "./folder-change.ts";
import { notedMessage } from "./noted-message.ts";
import { nulRecords } from "./nul-records.ts";
import { isPlain, leadsOut } from "./plain-path.ts";

/** What the names in folders of both sides came to. */
export interface ComparedNames extends NameDifference {
  /** Of the messages of extra names (`notedMessage`) those that the source has another file of in these folders. */
  readonly held: ReadonlySet<ByteText>;
}

/** The leaf folders of one Maildir; paths are relative to the mail root. */
type MaildirFolders = readonly ByteText[];

/** Groups leaf folders by their Maildirs: the order in which hosts tell what is in them. */
export function byMaildir(folders: readonly ByteText[]): MaildirFolders[] {
  const found = new Map<ByteText, ByteText[]>();
  for (const folder of folders) {
    const maildir = folder.slice(0, Math.max(0, folder.lastIndexOf("/")));
    const known = found.get(maildir);
    if (known === undefined) found.set(maildir, [folder]);
    else known.push(folder);
  }
  return [...found.values()];
}

/** Compares the names on the source with those on the target, both as `folderNames` reads them. It holds one Maildir of each at a time. */
export async function compareNames(
  maildirs: readonly MaildirFolders[],
  there: AsyncIterable<Buffer>,
  here: AsyncIterable<Buffer>,
): Promise<ComparedNames> {
  const folders = maildirs.flat();
  const [theirs, ours] = [folderNames(folders, there), folderNames(folders, here)];
  const [missing, extra, held]: [ByteText[], ByteText[], Set<ByteText>] = [[], [], new Set()];
  try {
    for (const maildir of maildirs) {
      const left: ByteText[] = [];
      const named: (readonly [folder: ByteText, names: readonly ByteText[]])[] = [];
      for (const folder of maildir) {
        const [names, own] = [await next(theirs), await next(ours)];
        const lacking = new Set(names);
        const more = own.filter((name) => !lacking.delete(name));
        for (const name of lacking) missing.push(pathOf(folder, name));
        for (const name of more) left.push(pathOf(folder, name));
        named.push([folder, names]);
      }
      if (left.length > 0) addHeld(left, named, held);
      for (const path of left) extra.push(path);
    }
    // To their ends: what is wrong behind the last folder is told, too.
    await Promise.all([next(theirs), next(ours)]);
  } finally {
    // What comes is a file here, which is not left open.
    await Promise.all([theirs.return(undefined), ours.return(undefined)]);
  }
  return { missing: missing.sort(), extra: extra.sort(), held };
}

async function next(names: AsyncGenerator<readonly ByteText[]>): Promise<readonly ByteText[]> {
  const { done, value } = await names.next();
  return done === true ? [] : value;
}

function pathOf(folder: ByteText, entry: ByteText): ByteText {
  const name = entry.slice(depth.length);
  if (name.includes("/") || !isPlain(name)) throw leadsOut(`${folder}/${name}`);
  return `${folder}/${name}`;
}

/** Adds the messages of paths on the target of which the source has a file of whatever flags, by its names in the same Maildir. */
function addHeld(
  paths: readonly ByteText[],
  named: readonly (readonly [folder: ByteText, names: readonly ByteText[]])[],
  held: Set<ByteText>,
): void {
  const wanted = new Set(paths.map(notedMessage));
  const bases = new Set(paths.map((path) => baseOf(path.slice(path.lastIndexOf("/") + 1))));
  for (const [folder, names] of named) {
    for (const entry of names) {
      if (!bases.has(baseOf(entry.slice(depth.length)))) continue;
      const message = notedMessage(pathOf(folder, entry));
      if (message !== undefined && wanted.has(message)) held.add(message);
    }
  }
}

function baseOf(name: ByteText): ByteText {
  const flags = name.indexOf(":2,");
  return flags === -1 ? name : name.slice(0, flags);
}

/** An entry's name has its depth in front: a folder's own is 0. */
const depth = "1";

/**
 * The entries of folders (depth and name), a list for each in the order of `folders`; of one that was not there it is empty. Reads
 * what find prints by `%d%f\0` for entries, and by `\0%d%p\0` for directories, the folders themselves first, as `./PATH`. Throws a
 * Failure for what no find prints.
 */
export async function* folderNames(
  folders: readonly ByteText[],
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<readonly ByteText[]> {
  let at = -1;
  let entries: ByteText[] = [];
  let isDirectory = false;
  for await (const records of nulRecords(pieces)) {
    for (const record of records) {
      const isNamed = isDirectory;
      isDirectory = record === "";
      if (isDirectory) continue;
      if (isNamed && record.startsWith("0./")) {
        const begun = folders.indexOf(record.slice("0./".length), at + 1);
        if (begun === -1) throw leadsOut(record);
        for (; at < begun; at += 1) {
          if (at !== -1) yield entries;
          entries = [];
        }
      } else if (at !== -1 && record.startsWith(isNamed ? `${depth}./` : depth)) {
        entries.push(isNamed ? depth + record.slice(record.lastIndexOf("/") + 1) : record);
      } else if (isNamed || !record.startsWith("0")) {
        throw leadsOut(record);
      }
    }
  }
  for (; at < folders.length; at += 1) {
    if (at !== -1) yield entries;
    entries = [];
  }
}
