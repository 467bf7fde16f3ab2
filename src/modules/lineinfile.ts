import { changingModule } from "../contract/module.ts";
import {
  absolutePath,
  backup,
  closed,
  given,
  notBoth,
  oneOf,
  ownership,
  validate,
  word,
  yesOrNo,
} from "./argument-schemas.ts";
import { planEdit } from "./edit-text.ts";
import type { Attributes } from "./file-attributes.ts";
import { withLine, withoutLine } from "./line-edit.ts";
import { type FileChange, putFile, touchesOfFile } from "./managed-file.ts";
import { regularExpression } from "./regular-expression.ts";
import { standingFile } from "./standing-file.ts";

export interface LineInFileArgs extends Attributes {
  readonly path: string;
  readonly line?: string;
  readonly regexp?: string;
  readonly state?: "present" | "absent";
  readonly insertafter?: string;
  readonly insertbefore?: string;
  readonly create?: boolean;
  readonly backup?: boolean;
  readonly validate?: string;
}

const oneLine = { type: "string", pattern: "^[^\\r\\n]*$" };

/** Keeps one exact line present in, or absent from, a text file. */
export const lineinfile = changingModule<LineInFileArgs, FileChange>({
  name: "lineinfile",
  description:
    "Keeps one line present in, or absent from, a text file. What not everybody may read on the host is not shown in a diff.",
  preview: "exact",
  args: closed(
    {
      path: absolutePath("The text file."),
      line: { ...oneLine, description: "The line, as it shall stand there." },
      regexp: word(
        "A JavaScript regular expression. `present`: the last line that matches becomes `line`. `absent`: every line that matches goes.",
      ),
      state: oneOf(["present", "absent"], "Whether the line shall be there.", "present"),
      insertafter: word(
        "When no line is replaced: add it after the last line that matches, or at `EOF` (the default).",
      ),
      insertbefore: word("When no line is replaced: add it before the last line that matches, or at `BOF`."),
      create: yesOrNo("Make the file when it is not there.", false),
      ...ownership,
      backup,
      validate,
    },
    {
      required: ["path"],
      allOf: [
        {
          anyOf: [
            given("line"),
            { ...given("regexp", "state"), properties: { regexp: {}, state: { const: "absent" } } },
          ],
        },
        notBoth("insertafter", "insertbefore"),
      ],
    },
  ),

  async check(args, host, context) {
    const { state = "present", create = false } = args;
    if (state === "absent" && (await host.stat(args.path)) === undefined) return undefined;
    return planEdit({ ...args, create }, host, context, (text) => edited(text, args));
  },

  touches: touchesOfFile,
  apply: putFile,
  current: ({ path }, host) => standingFile(path, host),
});

function edited(text: string, args: LineInFileArgs): string {
  const { line = "", insertafter, insertbefore } = args;
  const regexp = expression("regexp", args.regexp);
  if (args.state === "absent") return withoutLine(text, regexp ?? line);
  const after = insertafter === "EOF" ? undefined : expression("insertafter", insertafter);
  const before = insertbefore === "BOF" ? "start" : expression("insertbefore", insertbefore);
  return withLine(text, { line, regexp, after, before });
}

function expression(name: string, source: string | undefined): RegExp | undefined {
  return source === undefined ? undefined : regularExpression("lineinfile", name, source);
}
