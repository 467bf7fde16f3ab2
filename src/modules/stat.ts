import { lookingModule } from "../contract/module.ts";
import { absolutePath, closed, oneOf, yesOrNo } from "./argument-schemas.ts";
import { followLink } from "./managed-file.ts";
import { checksumAlgorithms, permissionsOf, statDetails } from "./stat-details.ts";

export interface StatArgs {
  readonly path: string;
  readonly follow?: boolean;
  readonly get_checksum?: boolean;
  readonly checksum_algorithm?: (typeof checksumAlgorithms)[number];
}

/** Tells what lies at a path. */
export const stat = lookingModule<StatArgs>({
  name: "stat",
  description:
    "Tells what lies at a path. Registers `stat` with exists, isreg, isdir, islnk, isblk, ischr, isfifo, issock, mode, isuid, " +
    "isgid, rusr to xoth, size, uid, gid, pw_name, gr_name, mtime, atime, ctime, inode, nlink, dev, readable, writeable, " +
    "executable, checksum, and of a link lnk_target and lnk_source (where it leads in the end). Differs from Ansible: no mime type and no attributes.",
  shorthand: "path",
  args: closed(
    {
      path: absolutePath("The path to look at."),
      follow: yesOrNo("Tell of what a symbolic link leads to, not of the link.", false),
      get_checksum: yesOrNo("Tell a file's checksum, for which it is read whole.", true),
      checksum_algorithm: oneOf(checksumAlgorithms, "How the checksum is made.", "sha1"),
    },
    { required: ["path"] },
  ),

  async look({ path, follow = false, get_checksum: wantsSum = true, checksum_algorithm: by = "sha1" }, host) {
    const real = follow ? await followLink(path, host) : path;
    const algorithm = wantsSum ? by : undefined;
    const [found, details] = await Promise.all([host.stat(real), statDetails(real, algorithm, host)]);
    const kind = {
      isreg: found?.type === "file",
      isdir: found?.type === "directory",
      islnk: found?.type === "link",
    };
    if (found === undefined) return { result: { stat: { path, exists: false, ...kind } } };
    const { mode, sizeBytes: size, uid, gid, owner: pw_name, group: gr_name, modifiedAt: mtime } = found;
    const plain = { path, exists: true, ...kind, mode, size, uid, gid, pw_name, gr_name, mtime };
    const link =
      found.target === undefined
        ? {}
        : { lnk_target: found.target, lnk_source: await followLink(path, host) };
    return { result: { stat: { ...plain, ...permissionsOf(mode), ...details, ...link } } };
  },
});
