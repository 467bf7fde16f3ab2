import { BadInput, Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import { changingModule, type LookContext } from "../contract/module.ts";
import { absolutePath, closed, given, notBoth, oneOf, ownership, word, yesOrNo } from "./argument-schemas.ts";
import type { Attributes } from "./file-attributes.ts";
import { withLine, withoutLine } from "./line-edit.ts";
import { type FileChange, followLink, planFile, putFile } from "./managed-file.ts";

export interface LineInFileArgs extends Attributes {
  readonly path: string;
  readonly line?: string;
  readonly regexp?: string;
  readonly state?: "present" | "absent";
  readonly insertafter?: string;
  readonly insertbefore?: string;
  readonly create?: boolean;
  readonly backup?: boolean;
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
      backup: yesOrNo("Keep what was there, in the same directory with the time in its name.", false),
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
    const path = await followLink(args.path, host);
    const before = await host.readText(path);
    if (before === undefined && args.state === "absent") return undefined;
    if (before === undefined) refuseMissing(args, host, context);
    const after = edited(before ?? "", args);
    return planFile({ ...args, path, content: Buffer.from(after) }, host);
  },

  apply: putFile,
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
  if (source === undefined) return undefined;
  try {
    return new RegExp(source);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadInput([{ message: `lineinfile: ${name}: ${why}` }]);
  }
}

function refuseMissing(
  { path, create = false }: LineInFileArgs,
  host: HostReader,
  { checkMode }: LookContext,
): void {
  // In check mode an earlier task may be the one that makes it.
  if (create || checkMode) return;
  throw new Failure("task-failed", `there is no file ${path}`, {
    host: host.name,
    next: "`create: true` makes it.",
  });
}
