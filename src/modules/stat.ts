import { lookingModule } from "../contract/module.ts";
import { absolutePath, closed, yesOrNo } from "./argument-schemas.ts";
import { followLink } from "./managed-file.ts";

export interface StatArgs {
  readonly path: string;
  readonly follow?: boolean;
}

/** Tells what lies at a path. */
export const stat = lookingModule<StatArgs>({
  name: "stat",
  description:
    "Tells what lies at a path. Registers `stat` with exists, isreg, isdir, islnk, mode, size, uid, gid, pw_name, gr_name, mtime and lnk_source.",
  shorthand: "path",
  args: closed(
    {
      path: absolutePath("The path to look at."),
      follow: yesOrNo("Tell of what a symbolic link leads to, not of the link.", false),
    },
    { required: ["path"] },
  ),

  async look({ path, follow = false }, host) {
    const found = await host.stat(follow ? await followLink(path, host) : path);
    const kind = {
      isreg: found?.type === "file",
      isdir: found?.type === "directory",
      islnk: found?.type === "link",
    };
    if (found === undefined) return { result: { stat: { path, exists: false, ...kind } } };
    const {
      mode,
      sizeBytes: size,
      uid,
      gid,
      owner: pw_name,
      group: gr_name,
      modifiedAt: mtime,
      target,
    } = found;
    const link = target === undefined ? {} : { lnk_source: target };
    return {
      result: {
        stat: { path, exists: true, ...kind, mode, size, uid, gid, pw_name, gr_name, mtime, ...link },
      },
    };
  },
});
