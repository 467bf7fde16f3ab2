import { posix } from "node:path";
import type { Change } from "../../contract/change.ts";
import { BadInput, Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { changingModule } from "../../contract/module.ts";
import type { Touch } from "../../contract/touch.ts";
import { explained } from "../archive-programs.ts";
import { absolutePath, closed, ownership, yesOrNo } from "../argument-schemas.ts";
import type { Attributes } from "../file-attributes.ts";
import { followLink } from "../managed-file.ts";
import { holdsProtectedTree, refuseInProtectedTree, refuseNamesInProtectedTree } from "../protected-path.ts";
import { standingPath } from "../standing-file.ts";
import { refuseLeadingOut } from "./leading-out.ts";
import { membersOff, setMembers } from "./member-attributes.ts";
import { openPacked, type Packed } from "./packed.ts";
import { extractTar, type Selection, tarDifferences, tarMembers } from "./tar.ts";
import { extractZip, zipDifferences, zipMembers } from "./zip.ts";

export interface UnarchiveArgs extends Attributes {
  readonly src: string;
  readonly dest: string;
  readonly remote_src?: boolean;
  readonly creates?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly keep_newer?: boolean;
}

export interface UnarchiveChange extends Change {
  /** undefined in check mode, when an earlier task would have made it. */
  readonly packed: Packed | undefined;
  readonly wanted: Selection;
  readonly attributes: Attributes;
}

const names = (description: string) => ({
  type: "array",
  items: { type: "string", pattern: "^[^\\0-\\x1f]+$" },
  description,
});

/** Unpacks an archive into a directory. */
export const unarchive = changingModule<UnarchiveArgs, UnarchiveChange>({
  name: "unarchive",
  description:
    "Unpacks an archive into a directory of the host: tar, plain or compressed by gzip, bzip2, xz or zstd, and zip, as its first bytes say. The host needs the program of that name. What is there already is compared member by member. Differs from Ansible: an address as `src` is not supported, write `get_url` first; with `mode`, directories may be entered by those who may read them, and an archive of which anything would lie outside of `dest` is refused whole.",
  preview: "exact",
  args: closed(
    {
      src: {
        type: "string",
        minLength: 1,
        pattern: "^(?!\\w+://)",
        description:
          "An archive in `files/` of the role or beside the playbook; with `remote_src`, a path on the host. An address is not supported: write `get_url` first.",
      },
      dest: absolutePath("The directory into which it is unpacked. It must be there."),
      remote_src: yesOrNo("The archive lies on the host already.", false),
      creates: absolutePath("Does nothing when there is something at this path."),
      include: names("Only these members, named as in the archive."),
      exclude: names("Members that are left out; patterns are taken."),
      keep_newer: yesOrNo("Keep files that are newer than those in the archive. Not with zip.", false),
      ...ownership,
    },
    { required: ["src", "dest"] },
  ),

  async check(args, host, context) {
    const { src, remote_src = false, creates, mode, owner, group } = args;
    if (creates !== undefined && (await host.stat(creates)) !== undefined) return undefined;
    const dest = await followLink(args.dest.replace(/(?<=.)\/+$/, ""), host);
    await refuseInProtectedTree("unarchive", dest, host);
    const wanted = selection(args, dest, host);
    const packed = await openPacked(src, remote_src, host, context);
    if (packed?.format === "zip" && wanted.keepNewer) {
      throw new BadInput([
        { message: "unarchive: keep_newer is not supported for zip", hint: "Leave it out, or pack a tar." },
      ]);
    }
    const isReady = await isDirectory(dest, context.checkMode, host);
    const change = { packed, wanted, attributes: { mode, owner, group } };
    if (packed === undefined || !isReady) return { ...change, summary: `unpack ${src} into ${dest}` };
    const what = await differences(packed, change, host);
    return what === undefined ? undefined : { ...change, summary: `unpack ${src} into ${dest}: ${what}` };
  },

  touches: ({ packed, wanted }, host) => (packed === undefined ? [] : touchesOfMembers(packed, wanted, host)),

  async apply({ packed, wanted, attributes }, host) {
    if (packed === undefined) throw new Failure("task-failed", "there is no archive", { host: host.name });
    const { members, extract } = formats[packed.format === "zip" ? "zip" : "tar"];
    try {
      await extract(packed, wanted, host);
      await setMembers(await members(packed, wanted, host), wanted.dest, attributes, host);
    } catch (error) {
      throw explained(error, host);
    }
    return { result: { src: packed.src } };
  },

  async current({ src, dest: written }, host) {
    const dest = await followLink(written.replace(/(?<=.)\/+$/, ""), host);
    return { ...standingPath(dest, await host.stat(dest)), src };
  },
});

const formats = {
  tar: { compare: tarDifferences, members: tarMembers, extract: extractTar },
  zip: { compare: zipDifferences, members: zipMembers, extract: extractZip },
} satisfies Record<string, Tool>;

/** The members, each where it will lie. */
async function touchesOfMembers(packed: Packed, wanted: Selection, host: HostReader): Promise<Touch[]> {
  const names = await formats[packed.format === "zip" ? "zip" : "tar"].members(packed, wanted, host);
  return names.map((name) => ({ path: posix.join(wanted.dest, name), how: "write" }));
}

interface Tool {
  compare(packed: Packed, wanted: Selection, host: HostReader): Promise<readonly string[]>;
  members(packed: Packed, wanted: Selection, host: HostReader): Promise<readonly string[]>;
  extract(packed: Packed, wanted: Selection, host: HostWriter): Promise<void>;
}

function selection(args: UnarchiveArgs, dest: string, host: HostReader): Selection {
  const { include = [], exclude = [], keep_newer: keepNewer = false, mode, owner, group } = args;
  // Only root can give files away: for others all that is unpacked is their own.
  const isRoot = host.facts.uid === 0;
  const ignored: Selection["ignored"] = [
    ...(owner !== undefined || !isRoot ? (["Uid"] as const) : []),
    ...(group !== undefined || !isRoot ? (["Gid"] as const) : []),
    ...(mode !== undefined ? (["Mode"] as const) : []),
  ];
  return { dest, include, exclude, keepNewer, ignored };
}

async function isDirectory(dest: string, checkMode: boolean, host: HostReader): Promise<boolean> {
  const stat = await host.stat(dest);
  if (stat?.type === "directory") return true;
  if (stat === undefined && checkMode) return false;
  const what = stat === undefined ? "is not there" : `is no directory but a ${stat.type}`;
  throw new Failure("task-failed", `${dest} ${what}`, {
    host: host.name,
    next: "`file: { state: directory }` makes it.",
  });
}

/** What is not as it shall be, in words; undefined when all is so. */
async function differences(
  packed: Packed,
  { wanted, attributes }: Pick<UnarchiveChange, "wanted" | "attributes">,
  host: HostReader,
): Promise<string | undefined> {
  const { compare, members } = formats[packed.format === "zip" ? "zip" : "tar"];
  try {
    const all = await members(packed, wanted, host);
    await refuseLeadingOut(all, packed, wanted.dest, host);
    // An archive may bring mail along: unpacked into `/` or `/var` it would write over what is there.
    if (holdsProtectedTree(wanted.dest)) refuseNamesInProtectedTree("unarchive", wanted.dest, all, host);
    const found = await compare(packed, wanted, host);
    if (found.length > 0) return shortened(found);
    const off = await membersOff(all, wanted.dest, attributes, host);
    return off === 0 ? undefined : `owner or mode of ${off} members`;
  } catch (error) {
    throw explained(error, host);
  }
}

function shortened(lines: readonly string[]): string {
  const [first = ""] = lines;
  return lines.length === 1 ? first : `${first} and ${lines.length - 1} more differences`;
}
