import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";

/**
 * Refuses a migration of a machine to itself: two names in the inventory that lead to one machine, told by its
 * machine-id. A host without one says nothing.
 */
export function requireTwoMachines(old: readonly HostReader[], fresh: readonly HostReader[]): void {
  for (const host of old) {
    const id = host.facts.machine_id;
    const twin = fresh.find(({ facts }) => id !== "" && facts.machine_id === id);
    if (twin === undefined) continue;
    throw new Failure(
      "bad-input",
      `${host.name} and ${twin.name} are one machine: both have the machine-id ${id}`,
      {
        host: twin.name,
        next: "correct the address in the inventory; a clone gets an id of its own by `rm /etc/machine-id && systemd-machine-id-setup`",
      },
    );
  }
}
