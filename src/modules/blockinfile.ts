import { BadInput } from "../contract/errors.ts";
import { changingModule } from "../contract/module.ts";
import {
  absolutePath,
  backup,
  closed,
  notBoth,
  oneOf,
  ownership,
  text,
  validate,
  word,
  yesOrNo,
} from "./argument-schemas.ts";
import { withBlock } from "./block-edit.ts";
import { planEdit } from "./edit-text.ts";
import type { Attributes } from "./file-attributes.ts";
import { type FileChange, putFile, touchesOfFile } from "./managed-file.ts";
import { regularExpression } from "./regular-expression.ts";
import { standingFile } from "./standing-file.ts";

export interface BlockInFileArgs extends Attributes {
  readonly path: string;
  readonly block?: string;
  readonly state?: "present" | "absent";
  readonly marker?: string;
  readonly marker_begin?: string;
  readonly marker_end?: string;
  readonly insertafter?: string;
  readonly insertbefore?: string;
  readonly create?: boolean;
  readonly backup?: boolean;
  readonly validate?: string;
}

const oneLine = (description: string, byDefault: string) => ({
  type: "string",
  pattern: "^[^\\r\\n]+$",
  default: byDefault,
  description,
});

/** Keeps lines between two marks in a text file. */
export const blockinfile = changingModule<BlockInFileArgs, FileChange>({
  name: "blockinfile",
  description:
    "Keeps a block of lines between two marks in a text file, or takes it out. Differs from Ansible: regular expressions are JavaScript's, `create` makes no directories, and a `marker` without `{mark}` is refused. What not everybody may read on the host is not shown in a diff.",
  preview: "exact",
  args: closed(
    {
      path: absolutePath("The text file."),
      block: text("The lines between the marks. Empty: the block goes, with its marks."),
      state: oneOf(["present", "absent"], "Whether the block shall be there.", "present"),
      marker: {
        ...oneLine(
          "The lines round the block; `{mark}` becomes `marker_begin` and `marker_end`.",
          "# {mark} ANSIBLE MANAGED BLOCK",
        ),
        pattern: "^[^\\r\\n]*\\{mark\\}[^\\r\\n]*$",
      },
      marker_begin: oneLine("What `{mark}` becomes in the line before the block.", "BEGIN"),
      marker_end: oneLine("What `{mark}` becomes in the line behind the block.", "END"),
      insertafter: word(
        "A new block goes behind the last line that matches this expression, or to `EOF` (the default).",
      ),
      insertbefore: word(
        "A new block goes before the last line that matches this expression, or to `BOF`, the start.",
      ),
      create: yesOrNo("Make the file when it is not there.", false),
      ...ownership,
      backup,
      validate,
    },
    { required: ["path"], ...notBoth("insertafter", "insertbefore") },
  ),

  async check(args, host, context) {
    const { state = "present", create = false } = args;
    if (state === "absent" && (await host.stat(args.path)) === undefined) return undefined;
    return planEdit({ ...args, create }, host, context, (before) => edited(before, args));
  },

  touches: touchesOfFile,
  apply: putFile,
  current: ({ path }, host) => standingFile(path, host),
});

function edited(before: string, args: BlockInFileArgs): string {
  const { state = "present", block = "", insertafter, insertbefore } = args;
  const [begin, end] = marks(args);
  const after = insertafter === "EOF" ? undefined : expression("insertafter", insertafter);
  const place = insertbefore === "BOF" ? ("start" as const) : expression("insertbefore", insertbefore);
  return withBlock(before, { block: state === "absent" ? "" : block, begin, end, after, before: place });
}

function marks(args: BlockInFileArgs): readonly [string, string] {
  const { marker = "# {mark} ANSIBLE MANAGED BLOCK", marker_begin = "BEGIN", marker_end = "END" } = args;
  if (marker_begin === marker_end) {
    throw new BadInput([{ message: "blockinfile: marker_begin and marker_end must differ" }]);
  }
  return [marker.replaceAll("{mark}", () => marker_begin), marker.replaceAll("{mark}", () => marker_end)];
}

function expression(name: string, source: string | undefined): RegExp | undefined {
  return source === undefined ? undefined : regularExpression("blockinfile", name, source);
}
