import type { InventoryAddition } from "../contract/inventory-addition.ts";
import type { Outcome } from "../contract/outcome.ts";
import { growInventory, shownVariables } from "../language/inventory/grow-inventory.ts";
import type { TaskAt } from "./context.ts";
import type { RunScope } from "./scope.ts";

/** Puts what a module adds into the run's inventory; the task has changed something when that is news. */
export async function addToInventory(
  scope: RunScope,
  at: Pick<TaskAt, "host" | "task">,
  addition: InventoryAddition,
  outcome: Outcome,
): Promise<Outcome> {
  const isNews = await scope.inventory.change((inventory) =>
    growInventory(inventory, addition, at.host, at.task.place),
  );
  if (addition.kind === "host") {
    scope.variables.keep(addition.name, shownVariables(addition), "add_host");
    tellSecrets(scope, addition.name);
  }
  if (!isNews) return outcome;
  return { status: "changed", result: outcome.result, summary: summaryOf(addition) };
}

function tellSecrets({ inventory, request }: RunScope, name: string): void {
  const host = inventory.current().hosts.get(name);
  for (const secret of [host?.spec.password, host?.spec.keyPassphrase, host?.becomePassword]) {
    if (secret !== undefined) request.onSecret?.(secret.reveal());
  }
}

function summaryOf(addition: InventoryAddition): string {
  if (addition.kind === "group") return `in the group ${addition.group} for the rest of the run`;
  const groups = addition.groups.length === 0 ? "" : ` in ${addition.groups.join(", ")}`;
  return `host ${addition.name}${groups} for the rest of the run`;
}
