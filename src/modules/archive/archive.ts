import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { changingModule } from "../../contract/module.ts";
import { compressionWords, explained } from "../archive-programs.ts";
import { absolutePath, closed, oneOf, oneOrMore, ownership } from "../argument-schemas.ts";
import { type Attributes, attributeSteps, attributesOff } from "../file-attributes.ts";
import { followLink } from "../managed-file.ts";
import { plainPath } from "../protected-path.ts";
import { replaceWhole } from "../replace-whole.ts";
import { standingPath } from "../standing-file.ts";
import { namesListed } from "../tar-names.ts";
import { type ListedTree, listTree } from "./list-tree.ts";

export interface ArchiveArgs extends Attributes {
  readonly path: string | readonly string[];
  readonly dest: string;
  readonly format?: Format;
  readonly exclude_path?: string | readonly string[];
}

type Format = keyof typeof compressionWords;

export interface ArchiveChange extends Change {
  readonly dest: string;
  /** undefined when only the attributes differ. */
  readonly tree: ListedTree | undefined;
  readonly format: Format;
  readonly attributes: Attributes;
}

const longestMs = 6 * 60 * 60_000;

/** Packs files and directories of a host into an archive on the same host. */
export const archive = changingModule<ArchiveArgs, ArchiveChange>({
  name: "archive",
  description:
    "Packs files and directories of the host into a tar on the same host. An archive that holds the same already stays. Names count from the directory that all paths lie in. Differs from Ansible: a single file becomes a tar too, zip is not supported (write `format: gz`), nothing is removed (write `file: { state: absent }` after it), and a new archive is for its owner alone unless `mode` says otherwise.",
  preview: "exact",
  args: closed(
    {
      path: oneOrMore("What to pack; patterns are taken.", "^/"),
      dest: absolutePath("The archive. Its directory must be there."),
      format: oneOf(["gz", "bz2", "xz", "zst", "tar"], "How it is compressed; `tar` is not.", "gz"),
      exclude_path: oneOrMore("Paths that are left out, with all below; patterns are taken.", "^/"),
      ...ownership,
    },
    { required: ["path", "dest"] },
  ),

  async check(args, host, { checkMode }) {
    const { format = "gz", mode, owner, group } = args;
    const dest = await followLink(plainPath(args.dest), host);
    const stat = await host.stat(dest);
    if (stat !== undefined && stat.type !== "file") {
      throw new Failure("task-failed", `${dest} is no file but a ${stat.type}`, { host: host.name });
    }
    const excluded = [args.exclude_path ?? []].flat().map(plainPath);
    const tree = await listTree([args.path].flat().map(plainPath), [...excluded, dest], host);
    // In check mode an earlier task may be the one that makes it.
    if (tree === undefined && checkMode) return undefined;
    if (tree === undefined) throw nothingThere(args, host);
    const change = { dest, format, attributes: { mode, owner, group } };
    const isSame = stat !== undefined && (await holdsTree(dest, format, tree, host));
    if (!isSame) return { ...change, summary: `pack ${tree.names.length} entries into ${dest}`, tree };
    const off = attributesOff(stat, change.attributes);
    if (off.length === 0) return undefined;
    return { ...change, summary: `${dest}: ${off.join(", ")}`, tree: undefined };
  },

  touches: ({ dest, tree }) => (tree === undefined ? [] : [{ path: dest, how: "write" }]),
  async apply({ dest, tree, format, attributes }, host, context) {
    if (tree === undefined) {
      for (const step of attributeSteps(dest, attributes)) await host.run(step);
      return { result: { dest } };
    }
    const file = { path: dest, attributes, newMode: "0600" };
    await replaceWhole(file, host, context, (temporary) =>
      pack(temporary, { tree, format }, host, context.signal),
    );
    return { result: { dest, arcroot: tree.root } };
  },

  async current({ dest: written }, host) {
    const dest = await followLink(plainPath(written), host);
    return standingPath(dest, await host.stat(dest));
  },
});

async function pack(
  path: string,
  { tree, format }: { tree: ListedTree; format: Format },
  host: HostWriter,
  signal: AbortSignal,
): Promise<void> {
  const argv = ["tar", "--create", ...compressionWords[format], "--file", path, "--force-local"];
  const members = ["--directory", tree.root, "--no-recursion", "--null", "--files-from=-"];
  const stdin = tree.names.map((name) => `${name}\0`).join("");
  try {
    await host.run([...argv, ...members], { stdin, signal, timeoutMs: longestMs });
  } catch (error) {
    throw explained(error, host);
  }
}

/** Whether the archive is of that format, and holds these names and no others, each as it lies there now. */
async function holdsTree(dest: string, format: Format, tree: ListedTree, host: HostReader): Promise<boolean> {
  const words = [dest, tree.root, ...compressionWords[format]];
  const listed = await host.probe(["/bin/sh", "-c", compareScript, "sh", ...words], {
    environment: { LC_ALL: "C" },
    // Whatever tar doesn't take for the same is packed anew.
    accept: "any",
    timeoutMs: longestMs,
  });
  if (listed.exitCode !== 0) return false;
  const names = namesListed(listed.stdout);
  const wanted = new Set(tree.names);
  return names.length === wanted.size && names.every((name) => wanted.has(name));
}

// From a pipe tar guesses no compression: an archive of another format is not the same.
const compareScript = `dest=$1; root=$2; shift 2
tar --compare "$@" --file - --directory "$root" <"$dest" >/dev/null 2>&1 &&
tar --list "$@" --file - --quoting-style=escape <"$dest"`;

function nothingThere({ path }: ArchiveArgs, host: HostReader): Failure {
  return new Failure("task-failed", `there is nothing at ${[path].flat().join(", ")}`, { host: host.name });
}
