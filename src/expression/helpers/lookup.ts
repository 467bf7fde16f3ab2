import type { ControlReader } from "../../contract/control-reader.ts";
import { isList, type Json } from "../../contract/json.ts";
import { mapOf, textOf } from "./arguments.ts";
import { HelperError, type Helpers } from "./helper.ts";

/** The helper that looks into collections, and at the machine that Mailferry runs on. */
export const lookupHelpers: Helpers = {
  lookup: {
    usage: "lookup WHERE KEY",
    description:
      'The value of a map under a computed key, or the item of a list. `lookup "env" "NAME"` is a variable of the environment and `lookup "file" "PATH"` the text of a file on control, without the line ends behind it; PATH is absolute, or counts from the project and stays in it. What is not there is an error, unless `default` takes its place.',
    example: ['{{default (lookup "env" "NOT_SET_ANYWHERE") "none"}}', "none"],
    run: ([where, key], control) => {
      if (where === "env") return control.environment(textOf(key));
      if (where === "file") return control.file(textOf(key))?.replace(/\n+$/, "");
      if (typeof where === "string") {
        throw new HelperError(`there is no lookup in "${where}"`, 'take "env", "file", a map or a list');
      }
      return memberOf(where, key);
    },
  },
};

/** The same by its parts, for CEL. */
export function lookUp(where: Json, key: Json, control: ControlReader): Json | undefined {
  return lookupHelpers.lookup?.run([where, key], control);
}

function memberOf(collection: Json | undefined, key: Json | undefined): Json | undefined {
  if (isList(collection)) return collection[Number(textOf(key))];
  const map = mapOf(collection);
  const name = textOf(key);
  return Object.hasOwn(map, name) ? map[name] : undefined;
}
