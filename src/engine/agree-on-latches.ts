import { latchNames } from "../contract/latch.ts";
import type { RunScope } from "./scope.ts";
import { undoneElsewhere } from "./way-back.ts";

/**
 * A latch that only a host knows of becomes known to the journal: another controller may have set it, and a kill may have
 * come between the two. A host that lacks one gets it. One that another controller lifted is lifted here, too.
 */
export async function agreeOnLatches(scope: RunScope): Promise<void> {
  const { record } = scope;
  for (const name of latchNames) {
    if (await scope.latches().isLiftedElsewhere(name)) {
      record.add({
        type: "latch-lifted",
        latch: name,
        undoes: undoneElsewhere(scope, name),
      });
    }
    const since = await scope.latches().setAt(name);
    if (since !== undefined && !scope.request.checkMode) await scope.latches().remind(name, since);
  }
}
