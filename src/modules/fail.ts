import { Failure } from "../contract/errors.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, word } from "./argument-schemas.ts";

export interface FailArgs {
  readonly msg: string;
}

/** Fails with a message. */
export const fail = lookingModule<FailArgs>({
  name: "fail",
  description: "Fails with a message. Goes with `when`.",
  shorthand: "msg",
  args: closed({ msg: word("Why it goes no further, and what to do.") }, { required: ["msg"] }),

  async look({ msg }, host) {
    throw new Failure("task-failed", msg, { host: host.name });
  },
});
