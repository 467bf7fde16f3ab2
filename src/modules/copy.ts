import { posix } from "node:path";
import { BadInput } from "../contract/errors.ts";
import { changingModule, type LookContext } from "../contract/module.ts";
import {
  absolutePath,
  backup,
  closed,
  exactlyOne,
  ownership,
  text,
  validate,
  word,
} from "./argument-schemas.ts";
import type { Attributes } from "./file-attributes.ts";
import { type FileChange, lookThrough, planFile, putFile, touchesOfFile } from "./managed-file.ts";
import { standingFile } from "./standing-file.ts";

export interface CopyArgs extends Attributes {
  readonly src?: string;
  readonly content?: string;
  readonly dest: string;
  readonly backup?: boolean;
  readonly validate?: string;
}

/** Puts a file of the project, or a given text, on the host. */
export const copy = changingModule<CopyArgs, FileChange>({
  name: "copy",
  description:
    "Puts a file of the project, or a given text, on the host. The directory must be there. What not everybody may read on the host is not shown in a diff.",
  preview: "exact",
  args: closed(
    {
      src: word("A file in `files/` of the role or beside the playbook. Either this or `content`."),
      content: text("The whole text of the file. Either this or `src`."),
      dest: absolutePath("Where it goes: the file, or a directory for a file of the same name as `src`."),
      ...ownership,
      backup,
      validate,
    },
    { required: ["dest"], ...exactlyOne("src", "content") },
  ),

  async check(args, host, context) {
    const content = await contentOf(args, context);
    const { src, dest } = args;
    const seen = dest.endsWith("/") ? undefined : await lookThrough(dest, host);
    // Content that has no name of its own can't go into a directory: planFile says so.
    const isInto = seen === undefined || (src !== undefined && seen.entry?.stat.type === "directory");
    if (!isInto) return planFile({ ...args, path: dest, content }, host, seen);
    return planFile({ ...args, path: nameIn(args), content }, host);
  },

  touches: touchesOfFile,
  apply: putFile,

  async current(args, host, _context, found) {
    if (found !== undefined) return standingFile(found.path, host);
    const { src, dest } = args;
    const isInto = dest.endsWith("/") || (await lookThrough(dest, host)).entry?.stat.type === "directory";
    return standingFile(isInto && src !== undefined ? nameIn(args) : dest, host);
  },
});

async function contentOf({ src, content = "" }: CopyArgs, context: LookContext): Promise<Buffer> {
  return src === undefined ? Buffer.from(content) : context.readProjectFile(src, "files");
}

function nameIn({ src, dest }: CopyArgs): string {
  if (src !== undefined) return posix.join(dest, posix.basename(src));
  throw new BadInput([{ message: `copy: ${dest} is a directory; with content, dest must name the file` }]);
}
