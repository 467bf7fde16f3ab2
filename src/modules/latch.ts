import type { Change } from "../contract/change.ts";
import { Refused } from "../contract/errors.ts";
import { type LatchName, latchNames } from "../contract/latch.ts";
import { changingModule } from "../contract/module.ts";
import { closed, oneOf, whenIs } from "./argument-schemas.ts";

export interface LatchArgs {
  readonly name: LatchName;
  readonly state?: "set" | "lifted";
}

export interface LatchChange extends Change {
  readonly name: LatchName;
  readonly state: "set" | "lifted";
}

/** Sets one of the migration's one-way marks; a rollback lifts `old-frozen` again. */
export const latch = changingModule<LatchArgs, LatchChange>({
  name: "latch",
  description:
    "Sets a one-way mark of the migration, here and on the hosts. Only `old-frozen` can be lifted.",
  preview: "exact",
  args: closed(
    {
      name: oneOf(
        latchNames,
        "`old-frozen`: old has stopped taking mail. `new-opened`: new may have taken mail, and nothing is copied over it any more. `new-serving`: new was seen to answer; the downtime ends.",
      ),
      state: oneOf(["set", "lifted"], "Lifting is for a rollback.", "set"),
    },
    {
      required: ["name"],
      allOf: ["new-opened", "new-serving"].map((name) =>
        whenIs("name", name, { limits: { state: { const: "set" } } }),
      ),
    },
  ),

  async check({ name, state = "set" }, host, { latches }) {
    if (name !== "old-frozen" && state === "lifted") {
      throw new Refused(`the latch ${name} is never lifted`, { host: host.name });
    }
    if ((await latches.isSet(name)) === (state === "set")) return undefined;
    return { summary: `latch ${name} ${state}`, name, state };
  },

  async apply({ name, state }, host, { latches }) {
    if (state === "set") await latches.set(name);
    else if (name === "old-frozen") await latches.lift(name);
    if ((await latches.isSet(name)) !== (state === "set")) {
      throw new Refused(`the latch ${name} could not be ${state}`, { host: host.name });
    }
    return { result: { name, state } };
  },
});
