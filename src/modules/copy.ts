import { posix } from "node:path";
import { BadInput } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import { changingModule, type LookContext } from "../contract/module.ts";
import { absolutePath, closed, exactlyOne, ownership, text, word, yesOrNo } from "./argument-schemas.ts";
import type { Attributes } from "./file-attributes.ts";
import { type FileChange, planFile, putFile } from "./managed-file.ts";

export interface CopyArgs extends Attributes {
  readonly src?: string;
  readonly content?: string;
  readonly dest: string;
  readonly backup?: boolean;
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
      backup: yesOrNo("Keep what was there, in the same directory with the time in its name.", false),
    },
    { required: ["dest"], ...exactlyOne("src", "content") },
  ),

  async check(args, host, context) {
    const content = await contentOf(args, context);
    return planFile({ ...args, path: await targetOf(args, host), content }, host);
  },

  apply: putFile,
});

async function contentOf({ src, content = "" }: CopyArgs, context: LookContext): Promise<Buffer> {
  return src === undefined ? Buffer.from(content) : context.readProjectFile(src, "files");
}

async function targetOf({ src, dest }: CopyArgs, host: HostReader): Promise<string> {
  const isDirectory =
    dest.endsWith("/") || (src !== undefined && (await host.stat(dest))?.type === "directory");
  if (!isDirectory) return dest;
  if (src !== undefined) return posix.join(dest, posix.basename(src));
  throw new BadInput([{ message: `copy: ${dest} is a directory; with content, dest must name the file` }]);
}
