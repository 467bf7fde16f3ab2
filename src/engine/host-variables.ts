import type { Variables } from "../contract/host.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { lazyMap } from "../expression/cel.ts";
import { resolveVariables, type VariableLayer } from "../expression/variables.ts";
import type { Inventory, Play, RoleScope } from "../language/model.ts";

/** What a task adds to its host's variables. */
export interface TaskLayers {
  readonly play: Play;
  readonly role?: RoleScope | undefined;
  /** Variables of the blocks round the task, outermost first, then its own. */
  readonly vars: readonly JsonObject[];
  /** What only one item or one condition sees: the loop's item, the result that is judged. */
  readonly extra: JsonObject;
}

/** The variables of every host in one run: what files say, what hosts told, what the run knows. */
export interface HostVariables {
  /** All a task may use, in the one order of precedence (docs/architecture.md). */
  forTask(host: string, layers: TaskLayers): Variables;
  /** What the whole stage may use, with no task: for `hosts:` and `confirm:`. */
  forStage(host: string): Variables;
  /** Keeps what a host told or a task registered. It is data and never rendered. */
  keep(host: string, values: JsonObject): void;
}

/** What the run itself knows, the same for all hosts. */
export interface RunFacts {
  readonly playbookVars: JsonObject;
  readonly extraVariables: JsonObject;
  /** Read at each use: latches change during a run. */
  magic(): JsonObject;
}

/** Holds the variables of a run. */
export function holdVariables(inventory: Inventory, run: RunFacts): HostVariables {
  const kept = new Map<string, JsonObject>();

  function layersBelowTask(host: string): VariableLayer[] {
    return [layer("inventory", inventory.hosts.get(host)?.variables ?? {})];
  }

  function layersAboveTask(host: string): VariableLayer[] {
    return [
      literal("registered and set_fact", kept.get(host) ?? {}),
      literal("extra variables", run.extraVariables),
      literal("magic", {
        ...run.magic(),
        ...sidesOf(inventory),
        inventory_hostname: host,
        hostvars: hostvars(),
      }),
    ];
  }

  // Read late: most tasks never look at another host.
  function hostvars(): JsonObject {
    return lazyMap([...inventory.hosts.keys()], (name) =>
      resolveVariables([
        literal("address", { address: inventory.hosts.get(name)?.spec.address ?? name }),
        ...layersBelowTask(name),
        literal("registered and set_fact", kept.get(name) ?? {}),
        literal("sides", sidesOf(inventory)),
      ]),
    );
  }

  return {
    forTask: (host, { play, role, vars, extra }) =>
      resolveVariables([
        layer("role defaults", role?.defaults ?? {}),
        ...layersBelowTask(host),
        layer("playbook vars", run.playbookVars),
        layer("play vars", play.vars),
        layer("role parameters", role?.parameters ?? {}),
        ...vars.map((values) => layer("block and task vars", values)),
        ...layersAboveTask(host),
        literal("role", role === undefined ? {} : { role_path: role.directory }),
        literal("item and result", extra),
      ]),
    forStage: (host) =>
      resolveVariables([
        ...layersBelowTask(host),
        layer("playbook vars", run.playbookVars),
        ...layersAboveTask(host),
      ]),
    keep(host, values) {
      kept.set(host, { ...kept.get(host), ...values });
    },
  };
}

/** `old_host`, `new_address` and so on: the two sides by name, where each has exactly one host. */
function sidesOf(inventory: Inventory): JsonObject {
  const sides: Record<string, Json> = { groups: Object.fromEntries(inventory.groups) };
  for (const side of ["old", "new"]) {
    const [name, ...others] = inventory.groups.get(side) ?? [];
    const host = name === undefined || others.length > 0 ? undefined : inventory.hosts.get(name);
    if (host === undefined) continue;
    sides[`${side}_host`] = host.name;
    sides[`${side}_address`] = host.spec.address;
  }
  return sides;
}

function layer(name: string, values: JsonObject): VariableLayer {
  return { name, values, literal: false };
}

function literal(name: string, values: JsonObject): VariableLayer {
  return { name, values, literal: true };
}
