import type { Change } from "../contract/change.ts";
import { Refused } from "../contract/errors.ts";
import { type LatchName, latchNames } from "../contract/latch.ts";
import { changingModule, type LookContext } from "../contract/module.ts";
import { closed, oneOf, whenIs, yesOrNo } from "./argument-schemas.ts";
import { openPorts } from "./open-ports.ts";

export interface LatchArgs {
  readonly name: LatchName;
  readonly state?: "set" | "lifted";
  readonly closed_ports?: readonly number[];
  readonly unproven?: boolean;
}

export interface LatchChange extends Change {
  readonly name: LatchName;
  readonly state: "set" | "lifted";
  readonly closedPorts: readonly number[];
  readonly unproven: boolean;
}

/** Where mail comes in or is changed: SMTP, LMTP, POP3, IMAP, submission, ManageSieve. */
const mailPorts: readonly number[] = [24, 25, 110, 143, 465, 587, 993, 995, 4190];

/** Sets one of the migration's one-way marks; a way back lifts them again, in its order. */
export const latch = changingModule<LatchArgs, LatchChange>({
  name: "latch",
  description:
    "Sets a one-way mark of the migration, here and on the hosts. Only a way back lifts them: a rollback `old-frozen`; the stage that undoes the opening `new-opened` (with `new-serving`, once new is frozen and listens no more, and a `mail_merge_proof`, or an `imap_copy_proof` with `back`, passed behind it), `old-frozen` and `new-frozen`, in this order. `new-opened` is refused while old still listens, and when no `mail_proof` (or `imap_copy_proof`) of this run passed behind the freeze.",
  preview: "exact",
  args: closed(
    {
      name: oneOf(
        latchNames,
        "`old-frozen`: old has stopped taking mail. `new-opened`: new may have taken mail, and nothing is copied over it any more. `new-serving`: new was seen to answer; the downtime ends. `new-frozen`: new has stopped taking mail, and what it took goes back to old.",
      ),
      state: oneOf(["set", "lifted"], "Lifting is for a way back.", "set"),
      closed_ports: {
        type: "array",
        items: { type: "integer", minimum: 1, maximum: 65_535 },
        default: [...mailPorts],
        description:
          "With `new-opened`: the ports on which nothing may listen any more, on old when it is set, on new when it is lifted.",
      },
      unproven: yesOrNo(
        "With `new-opened`: open new without a `mail_proof`, in a playbook that proves by other means that all mail is there.",
        false,
      ),
    },
    {
      required: ["name"],
      allOf: [
        whenIs("name", "new-serving", { limits: { state: { const: "set" } } }),
        ...["old-frozen", "new-serving", "new-frozen"].map((name) =>
          whenIs("name", name, { forbids: ["closed_ports", "unproven"] }),
        ),
      ],
    },
  ),

  async check(args, _host, { latches }) {
    const { name, state = "set", closed_ports: closedPorts = mailPorts, unproven = false } = args;
    if ((await latches.isSet(name)) === (state === "set")) return undefined;
    return { summary: `latch ${name} ${state}`, name, state, closedPorts, unproven };
  },

  touches: () => [],
  async apply({ name, state, closedPorts, unproven }, host, context) {
    const { latches } = context;
    if (name === "new-opened") {
      await refuseWhileOneListens(state === "set" ? "old" : "new", closedPorts, context);
    }
    if (state === "set") await latches.set(name, { unproven });
    else if (name !== "new-serving") await latches.lift(name);
    if ((await latches.isSet(name)) !== (state === "set")) {
      throw new Refused(`the latch ${name} could not be ${state}`, { host: host.name });
    }
    return { result: { name, state } };
  },
});

/**
 * Whatever the tasks before it came to: two servers never take mail at once, and what new took behind the proof that all of
 * it is on old would stay there.
 */
async function refuseWhileOneListens(
  side: "old" | "new",
  ports: readonly number[],
  { sides, peer }: Pick<LookContext, "sides" | "peer">,
): Promise<void> {
  const [what, next] =
    side === "old"
      ? ["new is not opened", "then run the stage again; or roll back."]
      : ["new-opened is not lifted", "then run the stage again: it brings back what came in since."];
  for (const name of sides[side]) {
    const open = await openPorts(ports, await peer(name));
    if (open.length === 0) continue;
    throw new Refused(
      `${what}: ${name} still listens on port ${open.join(", ")}, and mail would go on arriving there`,
      { host: name, next: `Stop and mask what listens there (ss -ltnp tells), ${next}` },
    );
  }
}
