import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { lookingModule } from "../../contract/module.ts";
import { closed, oneOf, oneOrMore, whenGiven, word, yesOrNo } from "../argument-schemas.ts";
import { plainPath } from "../protected-path.ts";
import { type ListedPath, listPaths } from "./list-paths.ts";
import { checksums, filesContaining } from "./look-into.ts";
import { type PathWishes, pathTest } from "./path-tests.ts";

export interface FindArgs extends PathWishes {
  readonly paths: string | readonly string[];
  readonly recurse?: boolean;
  readonly depth?: number;
  readonly follow?: boolean;
  readonly contains?: string;
  readonly get_checksum?: boolean;
}

const numberWithUnit = (description: string) => ({
  type: ["string", "number"],
  pattern: "^-?[0-9]+[A-Za-z]*$",
  description,
});

/** Finds files by their name, age, size and content. */
export const find = lookingModule<FindArgs>({
  name: "find",
  description:
    "Finds files by name, kind, age, size and content. Registers `files` (with path, mode, size, uid, gid, pw_name, gr_name, mtime, atime, ctime, isreg, isdir, islnk, lnk_source), `matched`, `examined` and `skipped_paths` (why something could not be looked at). Differs from Ansible: regular expressions are JavaScript's, and the checksum is SHA-256.",
  args: closed(
    {
      paths: oneOrMore("The directory to look through, or several.", "^/"),
      patterns: oneOrMore(
        "Patterns of which the name must match one (`*.log`), or with `use_regex` expressions that match at its start. One string may hold several with commas between. All names otherwise.",
        ".",
      ),
      excludes: oneOrMore("The same, for names that are left out.", "."),
      use_regex: yesOrNo("`patterns` and `excludes` are regular expressions; a string is one.", false),
      file_type: oneOf(["any", "directory", "file", "link"], "The kind of what is found.", "file"),
      hidden: yesOrNo("Names that begin with a dot count too.", false),
      recurse: yesOrNo("Look through the directories below too.", false),
      depth: { type: "integer", minimum: 1, description: "With `recurse`: at most that many levels." },
      follow: yesOrNo("Look through symbolic links, and tell of what they lead to.", false),
      age: numberWithUnit(
        "That old or older, in seconds or with s, m, h, d or w behind: `2d`. Negative: that old or younger.",
      ),
      age_stamp: oneOf(["atime", "ctime", "mtime"], "The time from which the age is counted.", "mtime"),
      size: numberWithUnit(
        "That large or larger, in bytes or with b, k, m, g or t behind: `10m`. Negative: that large or smaller.",
      ),
      contains: word(
        "Files with a line that this matches. Differs from Ansible: an extended regular expression as `grep -E` takes it, and anywhere in the line.",
      ),
      get_checksum: yesOrNo("Tell the SHA-256 `checksum` of each file that is found.", false),
    },
    { required: ["paths"], ...whenGiven("contains", { file_type: { const: "file" } }) },
  ),

  async look(args, host, { signal }) {
    const { recurse = false, follow = false, contains, get_checksum = false } = args;
    const paths = [args.paths].flat().map(plainPath);
    pathTest(args, 0);
    const depth = recurse ? args.depth : 1;
    const listing = await listPaths({ paths, depth, follow, signal }, host);
    let found = listing.entries.filter(pathTest(args, listing.now));
    if (contains !== undefined) {
      const holding = await filesContaining(contains, pathsOf(found), host, signal);
      found = found.filter(({ path }) => holding.has(path));
    }
    const sums = get_checksum ? await sumsOf(found, host, signal) : new Map<string, string>();
    const files = found.map((entry) => registeredPath(entry, sums.get(entry.path)));
    const { skipped: skipped_paths } = listing;
    return {
      result: { files, matched: files.length, examined: listing.entries.length, skipped_paths },
    };
  },
});

function pathsOf(entries: readonly ListedPath[]): string[] {
  return entries.map(({ path }) => path);
}

function sumsOf(entries: readonly ListedPath[], host: HostReader, signal: AbortSignal) {
  return checksums(pathsOf(entries.filter(({ type }) => type === "f")), host, signal);
}

function registeredPath({ type, target, ...entry }: ListedPath, checksum: string | undefined): JsonObject {
  return {
    ...entry,
    isreg: type === "f",
    isdir: type === "d",
    islnk: type === "l",
    ...(type === "l" ? { lnk_source: target } : {}),
    ...(checksum === undefined ? {} : { checksum }),
  };
}
