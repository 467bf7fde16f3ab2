/** A folder as LIST and LSUB show it. Names are Unicode, not modified UTF-7. */
export interface ListedFolder {
  readonly path: string;
  /** `\Sent`, `\Trash`, … (RFC 6154); undefined for all others. */
  readonly specialUse?: string | undefined;
  readonly isSubscribed: boolean;
  /** False for one that only holds other folders. */
  readonly isSelectable: boolean;
}

/** The folders of a user on one server, and how that joins their names. */
export interface FolderSide {
  /** What the user's own folders begin with: empty, or `INBOX.` as Courier has it. */
  readonly prefix: string;
  readonly separator: string;
  /** What folders of other users, and shared ones, begin with. */
  readonly foreignPrefixes: readonly string[];
  readonly folders: readonly ListedFolder[];
}

/** What a person says of folders. Names have "/" between their parts, whatever the servers have there. */
export interface FolderRules {
  /** Old's name to new's; what lies below goes along. */
  readonly names: Readonly<Record<string, string>>;
  /** These alone, with what lies below; all when undefined. */
  readonly only: readonly string[] | undefined;
  /** Not these, nor what lies below. */
  readonly except: readonly string[];
  /** A folder of a special use goes into the one that new has for it. */
  readonly bySpecialUse: boolean;
  /** Stands in a name for a character that new takes for its separator. */
  readonly substitute: string;
}

export interface FolderPair {
  readonly old: ListedFolder;
  /** The name for people: its parts with "/" between them. */
  readonly name: string;
  readonly newPath: string;
  /** What new has there by now. */
  readonly existing: ListedFolder | undefined;
}

export interface FolderMap {
  readonly pairs: readonly FolderPair[];
  /** Of other users or shared: old's paths. */
  readonly foreign: readonly string[];
  /** Several of old's folders that would become one of new's, by its path. */
  readonly clashes: readonly { readonly newPath: string; readonly names: readonly string[] }[];
}

/** Where old's folders went in an earlier copy: new's paths by old's. */
export type KnownPlaces = ReadonlyMap<string, string>;

/** Says which of old's folders becomes which of new's. One that went somewhere before goes there, while that is there and nobody says otherwise. */
export function mapFolders(
  old: FolderSide,
  current: FolderSide,
  rules: FolderRules,
  known: KnownPlaces = new Map(),
): FolderMap {
  const own = old.folders.filter(({ path }) => !isForeign(path, old));
  const foreign = old.folders.filter(({ path }) => isForeign(path, old)).map(({ path }) => path);
  const there = new Map(current.folders.map((folder) => [folder.path, folder]));
  const wentTo = (path: string, name: string): string | undefined => {
    const isTold = Object.keys(rules.names).some((told) => isAtOrBelow(name, told));
    const before = isTold ? undefined : there.get(known.get(path) ?? "");
    return before?.isSelectable === true ? before.path : undefined;
  };
  const wanted = own
    .filter(({ isSelectable }) => isSelectable)
    .map((folder) => ({ folder, name: nameOf(folder.path, old) }))
    .filter(({ name }) => isWanted(name, rules))
    .map(({ folder, name }) => ({ folder, name, before: wentTo(folder.path, name) }));
  const specials = rules.bySpecialUse ? specialNames(wanted, current) : new Map<string, string>();
  const pairs = wanted.map(({ folder, name, before }) => {
    const newPath = before ?? pathOf(renamed(name, rules.names, specials), current, rules.substitute);
    return { old: folder, name, newPath, existing: there.get(newPath) };
  });
  return { pairs, foreign, clashes: clashesIn(pairs) };
}

/** Says which folder of a copy becomes which of another server's. */
export type FolderMapper = (from: FolderSide, to: FolderSide, known: KnownPlaces) => FolderMap;

/**
 * The way back: says which of new's folders becomes which of old's. One that old's became goes back there, whatever both are called; all
 * others by the same rules, told the other way round. Nothing of new is left out.
 */
export function mapFoldersBack(
  current: FolderSide,
  old: FolderSide,
  rules: FolderRules,
  known: KnownPlaces = new Map(),
): FolderMap {
  const there = mapFolders(old, current, rules, known);
  const returning = there.pairs.flatMap(({ old: folder, existing }) =>
    existing?.isSelectable === true
      ? [{ old: existing, name: nameOf(existing.path, current), newPath: folder.path, existing: folder }]
      : [],
  );
  const these = new Set(returning.map(({ old: { path } }) => path));
  const others = current.folders.filter(({ path }) => !these.has(path));
  const taken = new Set(returning.map(({ newPath }) => newPath));
  const free = old.folders.map((folder) =>
    taken.has(folder.path) ? { ...folder, specialUse: undefined } : folder,
  );
  const names = Object.fromEntries(Object.entries(rules.names).map(([from, to]) => [to, from]));
  const rest = mapFolders(
    { ...current, folders: others },
    { ...old, folders: free },
    { ...rules, names, only: undefined, except: [] },
  );
  const pairs = [...returning, ...rest.pairs];
  return { pairs, foreign: rest.foreign, clashes: [...there.clashes, ...clashesIn(pairs)] };
}

/** A folder's name for people, its parts with "/" between them. */
export function nameOf(path: string, { prefix, separator }: Omit<FolderSide, "folders">): string {
  if (path.toUpperCase() === "INBOX") return "INBOX";
  const rest = prefix !== "" && path.startsWith(prefix) ? path.slice(prefix.length) : path;
  return separator === "" ? rest : rest.split(separator).join("/");
}

function isForeign(path: string, { foreignPrefixes }: FolderSide): boolean {
  return foreignPrefixes.some(
    (prefix) => prefix !== "" && (path.startsWith(prefix) || `${path}${prefix.slice(-1)}` === prefix),
  );
}

function isWanted(name: string, { only, except }: FolderRules): boolean {
  if (except.some((folder) => isAtOrBelow(name, folder))) return false;
  return only === undefined || only.some((folder) => isAtOrBelow(name, folder));
}

function isAtOrBelow(name: string, folder: string): boolean {
  return name === folder || name.startsWith(`${folder}/`);
}

interface NamedFolder {
  readonly folder: ListedFolder;
  readonly name: string;
  /** Where it went in an earlier copy, by new's path. */
  readonly before: string | undefined;
}

/** Old's names to new's for folders of a special use; never onto a name that another of old's folders has. */
function specialNames(wanted: readonly NamedFolder[], current: FolderSide): Map<string, string> {
  const taken = new Set(wanted.map(({ name }) => name));
  const found = new Map<string, string>();
  for (const { folder, name, before } of wanted) {
    if (folder.specialUse === undefined) continue;
    const target = before ?? current.folders.find(({ specialUse }) => specialUse === folder.specialUse)?.path;
    const newName = target === undefined ? name : nameOf(target, current);
    if (newName !== name && !taken.has(newName)) found.set(name, newName);
  }
  return found;
}

/** The longest name that is told counts, and a person's word before a special use. */
function renamed(
  name: string,
  told: Readonly<Record<string, string>>,
  specials: ReadonlyMap<string, string>,
): string {
  for (const names of [new Map(Object.entries(told)), specials]) {
    for (let part = name; part !== ""; part = part.slice(0, Math.max(0, part.lastIndexOf("/")))) {
      const to = names.get(part);
      if (to !== undefined) return to + name.slice(part.length);
    }
  }
  return name;
}

function pathOf(name: string, { prefix, separator }: FolderSide, substitute: string): string {
  if (name.toUpperCase() === "INBOX") return "INBOX";
  const parts = name.split("/");
  if (separator === "") return prefix + parts.join(substitute);
  return prefix + parts.map((part) => part.replaceAll(separator, substitute)).join(separator);
}

function clashesIn(pairs: readonly FolderPair[]): FolderMap["clashes"] {
  const names = new Map<string, string[]>();
  for (const { newPath, name } of pairs) names.set(newPath, [...(names.get(newPath) ?? []), name]);
  return [...names].filter(([, of]) => of.length > 1).map(([newPath, of]) => ({ newPath, names: of }));
}
