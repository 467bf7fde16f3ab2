import type { Become, Connect, HostConnection, JobHost } from "../contract/connection.ts";
import { Failure } from "../contract/errors.ts";
import type { HostFacts, HostWriter } from "../contract/host.ts";
import type { Inventory, InventoryHost } from "../language/model.ts";

/** A connected host that can be changed and can carry jobs. */
export type ConnectedHost = HostWriter & JobHost;

/** Whom to become for one task; undefined leaves it to the inventory. */
export interface BecomeWish {
  readonly become?: boolean | undefined;
  readonly becomeUser?: string | undefined;
}

/** The connections of one run: each host once, made when it is first needed. */
export interface Hosts {
  reach(name: string, wish?: BecomeWish): Promise<ConnectedHost>;
  closeAll(): Promise<void>;
}

/** Holds the connections to an inventory's hosts. */
export function holdHosts(
  inventory: Inventory,
  connect: Connect,
  signal: AbortSignal,
  onConnected: (name: string, facts: HostFacts) => void,
): Hosts {
  const connections = new Map<string, Promise<HostConnection>>();

  function connection(host: InventoryHost): Promise<HostConnection> {
    const known = connections.get(host.name);
    if (known !== undefined) return known;
    const made = connect(host.spec, signal).then(async (connected) => {
      onConnected(host.name, (await connected.as()).facts);
      return connected;
    });
    connections.set(host.name, made);
    // A host that could not be reached may be asked again by the next task.
    made.catch(() => connections.delete(host.name));
    return made;
  }

  return {
    async reach(name, wish = {}) {
      const host = inventory.hosts.get(name);
      if (host === undefined) {
        throw new Failure("bad-input", `there is no host "${name}" in ${inventory.file}`, {
          next: `Known hosts: ${[...inventory.hosts.keys()].join(", ")}.`,
        });
      }
      const connected = await connection(host);
      return connected.as(becomeFor(host, wish));
    },
    async closeAll() {
      const settled = await Promise.allSettled(connections.values());
      await Promise.allSettled(
        settled.map((made) => (made.status === "fulfilled" ? made.value.close() : undefined)),
      );
    },
  };
}

function becomeFor(host: InventoryHost, wish: BecomeWish): Become | undefined {
  if (!(wish.become ?? host.become)) return undefined;
  return { user: wish.becomeUser ?? host.becomeUser, password: host.becomePassword };
}
