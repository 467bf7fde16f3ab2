import type { Become, Connect, HostConnection, JobHost, WantedFacts } from "../contract/connection.ts";
import { Failure } from "../contract/errors.ts";
import type { HostFacts, HostWriter } from "../contract/host.ts";
import { hostNamed } from "../language/inventory/host-pattern.ts";
import type { InventoryHost } from "../language/model/inventory.ts";
import type { HeldInventory } from "./held-inventory.ts";

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
  /** Whether there is a connection to the host, or one is being made. */
  isConnected(name: string): boolean;
  /** Closes the connection to a host; the next task makes a new one. */
  reset(name: string): Promise<void>;
  closeAll(): Promise<void>;
}

/** Holds the connections to an inventory's hosts. */
export function holdHosts(
  inventory: HeldInventory,
  connect: Connect,
  signal: AbortSignal,
  wanted: WantedFacts,
  onConnected: (name: string, facts: HostFacts) => void,
): Hosts {
  const connections = new Map<string, Promise<HostConnection>>();

  function connection(host: InventoryHost, become: Become | undefined): Promise<HostConnection> {
    const known = connections.get(host.name);
    if (known !== undefined) return known;
    const made = connect(host.spec, signal, wanted).then(async (connected) => {
      onConnected(host.name, await connected.facts(become));
      return connected;
    });
    connections.set(host.name, made);
    // A host that could not be reached may be asked again by the next task.
    made.catch(() => connections.delete(host.name));
    return made;
  }

  return {
    async reach(name, wish = {}) {
      const { file, hosts } = inventory.current();
      const host = hostNamed(name, hosts);
      if (host === undefined) {
        throw new Failure("bad-input", `there is no host "${name}" in ${file}`, {
          next: `Known hosts: ${[...hosts.keys()].join(", ")}.`,
        });
      }
      const become = becomeFor(host, wish);
      const connected = await connection(host, become);
      return connected.as(become);
    },
    isConnected: (name) => connections.has(name),
    async reset(name) {
      const made = connections.get(name);
      connections.delete(name);
      // A connection that could not be made needs no closing.
      await (await made?.catch(() => undefined))?.close();
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
