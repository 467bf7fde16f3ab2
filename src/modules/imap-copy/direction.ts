import { Refused } from "../../contract/errors.ts";
import type { LatchReader } from "../../contract/latch.ts";
import { yesOrNo } from "../argument-schemas.ts";
import type { Account } from "./accounts.ts";
import type { Inside, ServerWords } from "./server-words.ts";

/** The word of both modules that turns them round. */
export const backWord = yesOrNo(
  "The way back: from `new` to `old`, once new was opened and is frozen. What is told of old is of the server that is copied from then.",
  false,
);

/** The words of both modules about the servers. */
export interface DirectionWords {
  readonly old: ServerWords;
  readonly new: ServerWords;
  readonly new_inside?: Inside;
  readonly back?: boolean;
}

/** The two servers as a copy sees them: `old` is copied from, `new` is copied to. On the way back what was copied to is copied from. */
export function waysOf({ old, new: current, new_inside: inside, back = false }: DirectionWords): {
  readonly old: ServerWords;
  readonly new: ServerWords;
} {
  const reached = { ...current, inside };
  return back ? { old: reached, new: old } : { old, new: reached };
}

/** The same of users. */
export function turned(accounts: readonly Account[], isBack: boolean): readonly Account[] {
  return isBack ? accounts.map(({ old, current }) => ({ old: current, current: old })) : accounts;
}

/** A new server that takes mail would have more than what is brought back; before its opening old has all there is. */
export async function requireFrozenNew(latches: LatchReader): Promise<void> {
  if ((await latches.isSet("new-frozen")) && (await latches.isSet("new-opened"))) return;
  throw new Refused("mail is brought back only from a new server that was opened and is frozen", {
    next: "Freeze it first: `latch: { name: new-frozen }`, then stop and mask its mail services.",
  });
}
