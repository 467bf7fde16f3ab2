import { isUtf8 } from "node:buffer";
import { BadInput } from "../contract/errors.ts";
import { changingModule } from "../contract/module.ts";
import { absolutePath, backup, closed, ownership, validate, word } from "./argument-schemas.ts";
import type { Attributes } from "./file-attributes.ts";
import { type FileChange, planFile, putFile, touchesOfFile } from "./managed-file.ts";
import { standingFile } from "./standing-file.ts";

export interface TemplateArgs extends Attributes {
  readonly src: string;
  readonly dest: string;
  readonly backup?: boolean;
  readonly validate?: string;
}

/** Renders a template of the project into a file on the host. */
export const template = changingModule<TemplateArgs, FileChange>({
  name: "template",
  description:
    "Renders a Handlebars template into a file on the host. The directory must be there. What not everybody may read on the host is not shown in a diff.",
  preview: "exact",
  args: closed(
    {
      src: word("A template in `templates/` of the role or beside the playbook."),
      dest: { ...absolutePath("The file it becomes."), pattern: "^/.*[^/]$" },
      ...ownership,
      backup,
      validate,
    },
    { required: ["src", "dest"] },
  ),

  async check({ src, dest, ...rest }, host, context) {
    const source = await context.readProjectFile(src, "templates");
    if (!isUtf8(source)) throw new BadInput([{ message: `template: ${src} is not UTF-8 text` }]);
    const content = Buffer.from(context.renderTemplate(source.toString("utf8"), src));
    return planFile({ ...rest, path: dest, content }, host);
  },

  touches: touchesOfFile,
  apply: putFile,
  current: ({ dest }, host) => standingFile(dest, host),
});
