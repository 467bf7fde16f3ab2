import { findLeader } from "./enter-host.ts";
import { whatIsMissing } from "./host-health.ts";
import { type LabRole, labHosts, labRoles } from "./lab-hosts.ts";
import { listNetworks, networkExists } from "./network.ts";
import { labCache } from "./paths.ts";
import { labPrefix, listLabStates, readLabState } from "./state.ts";

/** How one host of a lab is. */
export interface LabHostStatus {
  readonly role: LabRole;
  readonly name: string;
  readonly address: string;
  readonly address6: string;
  readonly running: boolean;
  /** What a running host lacks to be up, as a phrase; undefined when it lacks nothing. */
  readonly missing?: string | undefined;
}

/** How a lab is. */
export interface LabStatus {
  readonly name: string;
  readonly scenario: string;
  readonly directory: string;
  readonly createdAt: string;
  /** False while it is being brought up, and after a crash then. */
  readonly complete: boolean;
  readonly network: boolean;
  readonly hosts: readonly LabHostStatus[];
}

/** Looks at a lab; undefined when there is none of that name. */
export async function labStatus(name: string, cache: string = labCache()): Promise<LabStatus | undefined> {
  const state = await readLabState(cache, name);
  if (state === undefined) return undefined;
  const hosts = labRoles.map(async (role): Promise<LabHostStatus> => {
    const running = (await findLeader(state, role)) !== undefined;
    const { fqdn, address, address6 } = labHosts[role];
    const missing = running ? await whatIsMissing(state, role) : undefined;
    return { role, name: fqdn, address, address6, running, missing };
  });
  return {
    name,
    scenario: state.scenario,
    directory: state.directory,
    createdAt: state.createdAt,
    complete: state.startedBy === undefined,
    network: networkExists(state.namespace),
    hosts: await Promise.all(hosts),
  };
}

/** Names of all labs on this machine, also of one that is known by its network alone. */
export async function labList(cache: string = labCache()): Promise<readonly string[]> {
  const byNetwork = (await listNetworks(labPrefix)).map((network) => network.slice(labPrefix.length));
  return [...new Set([...(await listLabStates(cache)), ...byNetwork])].sort();
}
