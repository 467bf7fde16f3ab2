import { Refused } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import type { LookContext } from "../contract/module.ts";

/** Nothing is ever deleted or replaced on the old host, also not by a task that was sent there by mistake. */
export function refuseOnOld(host: HostReader, { sides }: Pick<LookContext, "sides">, what: string): void {
  if (!sides.old.includes(host.name)) return;
  throw new Refused(`${host.name} is the old host: ${what} there, and what it holds is the only way back`, {
    host: host.name,
    next: "Let the task run on new (`hosts: new`, and no delegate_to), and name the old host in `from`.",
  });
}
