import { BadInput } from "../contract/errors.ts";
import { changingModule } from "../contract/module.ts";
import { absolutePath, backup, closed, notBoth, oneOf, ownership, yesOrNo } from "./argument-schemas.ts";
import { planEdit } from "./edit-text.ts";
import type { Attributes } from "./file-attributes.ts";
import { type WantedOption, withOption, withoutOption } from "./ini-edit.ts";
import { type FileChange, putFile, touchesOfFile } from "./managed-file.ts";
import { standingFile } from "./standing-file.ts";

type Value = string | number;

export interface IniFileArgs extends Attributes {
  readonly path: string;
  readonly section?: string;
  readonly option?: string;
  readonly value?: Value;
  readonly values?: readonly Value[];
  readonly state?: "present" | "absent";
  readonly exclusive?: boolean;
  readonly allow_no_value?: boolean;
  readonly no_extra_spaces?: boolean;
  readonly modify_inactive_option?: boolean;
  readonly create?: boolean;
  readonly backup?: boolean;
}

const name = (description: string) => ({ type: "string", pattern: "^[^\\r\\n]+$", description });
const value = { type: ["string", "number"], pattern: "^[^\\r\\n]*$" };

/** Keeps an option of an INI file. */
export const iniFile = changingModule<IniFileArgs, FileChange>({
  name: "ini_file",
  description:
    "Keeps an option of an INI file at its value, or takes an option or a whole section out. All other lines stay as they are. Differs from Ansible: a line whose value is right stays, however it is spaced, and `create` makes no directories. What not everybody may read on the host is not shown in a diff.",
  preview: "exact",
  args: closed(
    {
      path: absolutePath("The INI file."),
      section: name("The section, without brackets. Without it: what stands before the first section."),
      option: name("The option. Without it, it is about the whole section."),
      value: {
        ...value,
        description: "The option's value. Quote what YAML would take for something else: `'yes'`.",
      },
      values: {
        type: "array",
        items: value,
        minItems: 1,
        description: "Several values of the option, each in a line of its own. Not with `value`.",
      },
      state: oneOf(
        ["present", "absent"],
        "`absent`: the option goes; without `option`, the section with all in it.",
        "present",
      ),
      exclusive: yesOrNo(
        "The option has the named values and no others. When false, other lines of the option stay, and `absent` takes the named values alone.",
        true,
      ),
      allow_no_value: yesOrNo("An option without a value is a line with its name alone.", false),
      no_extra_spaces: yesOrNo("Write `option=value`, without blanks.", false),
      modify_inactive_option: yesOrNo(
        "Use a line in which the option is commented out, before a new line is added.",
        true,
      ),
      create: yesOrNo("Make the file when it is not there.", true),
      ...ownership,
      backup,
    },
    { required: ["path"], ...notBoth("value", "values") },
  ),

  async check(args, host, context) {
    const { state = "present", create = true } = args;
    const wanted = wantedOption(args);
    if (state === "absent" && (await host.stat(args.path)) === undefined) return undefined;
    const edit = state === "absent" ? withoutOption : withOption;
    return planEdit({ ...args, create }, host, context, (text) => edit(text, wanted));
  },

  touches: touchesOfFile,
  apply: putFile,
  current: ({ path }, host) => standingFile(path, host),
});

function wantedOption(args: IniFileArgs): WantedOption {
  const { section, option, state = "present", exclusive = true } = args;
  const given = args.values ?? (args.value === undefined ? [] : [args.value]);
  if (section === undefined && option === undefined) throw refused("name a section, an option or both");
  const needsValue = option !== undefined && (state === "present" || !exclusive);
  if (needsValue && given.length === 0 && args.allow_no_value !== true) {
    throw refused("the option needs a value", "`allow_no_value: true` makes a line with its name alone.");
  }
  return {
    section,
    option,
    values: given.length > 0 ? given.map(String) : [undefined],
    exclusive,
    separator: args.no_extra_spaces === true ? "=" : " = ",
    modifyInactive: args.modify_inactive_option ?? true,
  };
}

function refused(what: string, hint?: string): BadInput {
  return new BadInput([{ message: `ini_file: ${what}`, hint }]);
}
