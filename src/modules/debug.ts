import type { Json } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, exactlyOne, word } from "./argument-schemas.ts";

export interface DebugArgs {
  readonly msg?: Json;
  readonly var?: string;
}

/** Shows a text or a variable. */
export const debug = lookingModule<DebugArgs>({
  name: "debug",
  description: "Shows a text or a variable.",
  shorthand: "msg",
  args: closed(
    {
      msg: { description: "What to show: a text, or any value. Either this or `var`." },
      var: word(
        "The name of a variable, or a longer expression (CEL), whose value is shown. Either this or `msg`.",
      ),
    },
    exactlyOne("msg", "var"),
  ),

  async look({ msg, var: name }, _host, { lookUp }) {
    if (name === undefined) return { result: { msg: msg ?? null }, message: shown(msg ?? null) };
    const value = lookUp(name);
    return { result: { [name]: value }, message: `${name} = ${shown(value)}` };
  },
});

function shown(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
}
