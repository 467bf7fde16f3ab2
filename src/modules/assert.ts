import { Failure } from "../contract/errors.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, text } from "./argument-schemas.ts";

export interface AssertArgs {
  readonly that: string | readonly string[];
  readonly msg?: string;
}

const condition = { type: "string", minLength: 1 };

/** Fails unless every condition holds. */
export const assert = lookingModule<AssertArgs>({
  name: "assert",
  description: "Fails unless every condition holds.",
  shorthand: "that",
  args: closed(
    {
      that: {
        anyOf: [condition, { type: "array", items: condition, minItems: 1 }],
        description: "A condition (CEL), or a list of them.",
      },
      msg: text("What to say when one does not hold."),
    },
    { required: ["that"] },
  ),

  async look({ that, msg }, host, { evaluate }) {
    const conditions = typeof that === "string" ? [that] : that;
    const broken = conditions.filter((one) => !evaluate(one));
    if (broken.length === 0) return { message: "all conditions hold" };
    const facts = { host: host.name };
    const told = `does not hold: ${broken.join("; ")}`;
    throw new Failure("task-failed", msg === undefined ? told : `${msg} (${told})`, facts);
  },
});
