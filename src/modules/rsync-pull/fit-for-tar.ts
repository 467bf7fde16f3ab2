import { createHash } from "node:crypto";
import type { HostReader } from "../../contract/host.ts";
import { lowerPriorityLine, type Priority } from "../priority.ts";
import type { FilterRule } from "./filter-rules.ts";
import { leftOutBy } from "./filter-rules.ts";
import { type Listing, readListing } from "./listing.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { streamsDirectory } from "./shards.ts";
import { longLookMs } from "./source-check.ts";

/** Whether a tar stream would do what rsync does with these words. A stream can't be slowed down to a bandwidth. */
export function mayUnpack({ maildir, bandwidth, exclude, owner, group }: RsyncPullArgs): boolean {
  if (maildir !== true || bandwidth !== undefined || exclude !== undefined) return false;
  return (owner === undefined) === (group === undefined);
}

/**
 * The sum of the names of all that is listed but messages, where a tar stream of it would bring the same as rsync; undefined where it would
 * not. tar leaves out directories by the names of files, and knows no sockets; what has the name of the streams' own place would come into it.
 */
export async function namesFitForTar(
  listing: Listing,
  rules: readonly FilterRule[],
): Promise<string | undefined> {
  const isLeftOut = leftOutBy(rules.filter(({ action }) => action === "exclude"));
  const names = createHash("sha256");
  for await (const records of readListing(listing.file)) {
    for (const record of records) {
      if (record.startsWith(`${streamsDirectory}//`)) return undefined;
      const end = record.indexOf("//");
      const kind = record.charAt(end + 2);
      if (!"dFfl".includes(kind)) return undefined;
      const isDirectory = kind === "d" || kind === "F";
      const path = record.slice(0, end);
      if (isDirectory && isLeftOut(path.slice(path.lastIndexOf("/") + 1), true)) return undefined;
      if (isDirectory || !isInMaildir.test(path)) names.update(`${path}//\0`, "latin1");
    }
  }
  return names.digest("hex");
}

const isInMaildir = /(?:^|\/)(?:cur|new|tmp)\/[^/]*$/;

/** Shell words for find: what has a name that counts for that sum. */
export const countsForSum = String.raw`\( -type d -o -regextype posix-extended ! -regex '.*/(cur|new|tmp)/[^/]*' \)`;

/** A shell function that makes the sum of what find told of them, `%P//` and a NUL each, in files. */
export const sumOfNamesFunction = `
sum_of_names() { sort -zu -- "$@" | grep -zvxF // | sha256sum | cut -d ' ' -f 1; }`;

/**
 * Whether a directory or a control file of a mail root has an access control list. To set one on each file takes tar a quarter of its
 * time; a message has none unless its directory hands it down, or somebody gave one to the whole tree.
 */
export async function holdsAcls(root: string, host: HostReader, priority?: Priority): Promise<boolean> {
  const script = lowerPriorityLine(priority) + aclScript;
  const { exitCode } = await host.probe(["sh", "-c", script, "sh", root], {
    accept: [0, 1],
    timeoutMs: longLookMs,
  });
  return exitCode === 0;
}

/** ls tells one by a plus behind the mode. */
const aclScript = String.raw`
cd -- "$1" || exit 2
find . -type d \( -name cur -o -name new -o -name tmp \) -links 2 -print0 -prune -o -print0 2>/dev/null |
  LC_ALL=C xargs -0 -r ls -dn -- 2>/dev/null | grep -q '^[^ ]\{10\}+'`;
