import { isDeepStrictEqual } from "node:util";
import type { ControlReader } from "../contract/control-reader.ts";
import type { Variables } from "../contract/host.ts";
import { isMap, type Json, type JsonObject } from "../contract/json.ts";
import { lazyMap } from "../expression/cel-values.ts";
import { withControlReader } from "../expression/control-lookups.ts";
import { mergeVariables } from "../expression/placed-values.ts";
import { layersInOrder, type ValuesByLevel } from "../expression/variable-levels.ts";
import { resolveVariables, type VariableLayer } from "../expression/variables.ts";
import { hostNamed } from "../language/inventory/host-pattern.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { Play } from "../language/model/playbook.ts";
import type { RoleScope } from "../language/model/role.ts";
import type { TaskWords } from "../language/model/task.ts";
import { rolesRound } from "../language/role-scope.ts";
import type { HeldInventory } from "./held-inventory.ts";
import { namesOfHost, placeOf, sidesOf } from "./magic-variables.ts";

/** The variables of a play that is under way. */
export interface PlayLevels {
  readonly vars: JsonObject;
  /** What the person answered to `vars_prompt`: data. */
  readonly prompted?: JsonObject | undefined;
  /** The hosts of the batch that are still in it. */
  readonly playHosts?: readonly string[] | undefined;
  /** What `vars_files` hold for the host, in their order. */
  readonly fileVars?: readonly JsonObject[] | undefined;
  /** Roles whose variables all tasks of the play see. */
  readonly publicRoles?: readonly RoleScope[] | undefined;
}

/** What a task adds to its host's variables. */
export interface TaskLayers {
  readonly play: PlayLevels;
  readonly role?: RoleScope | undefined;
  /** Variables of the blocks round the task, outermost first, then its own. */
  readonly vars: readonly JsonObject[];
  /** Variables of the includes of tasks round the task, outermost first. */
  readonly includeParameters?: readonly JsonObject[] | undefined;
  /** What the loops of the includes round the task give. */
  readonly loopItems?: JsonObject | undefined;
  /** What only one item or one condition sees: the loop's item, the result that is judged. */
  readonly extra: JsonObject;
}

/** What a task, a block or a meta task adds to its host's variables. */
export function layersOf(node: TaskWords, play: PlayLevels, extra: JsonObject = {}): TaskLayers {
  const { role, includeVars, loopItems } = node;
  return { play, role, vars: [node.vars], includeParameters: includeVars, loopItems, extra };
}

/** The levels on which a run itself keeps what it learns. */
export type KeptLevel = "add_host" | "facts" | "include_vars" | "set_fact and register";

/** The variables of every host in one run: what files say, what hosts told, what the run knows. */
export interface HostVariables {
  /** All a task may use, in the one order of precedence (src/expression/variable-levels.ts). */
  forTask(host: string, layers: TaskLayers): Variables;
  /** What the whole stage may use, with no task: for `confirm:`. */
  forStage(host: string): Variables;
  /**
   * What a play's own words may use (`hosts`, `serial`, …), before it has hosts: its variables, as far as they are known
   * by then, and of the inventory's what is the same for all hosts. `prompted` is what a person answered.
   */
  forPlay(play: Pick<Play, "vars" | "varsFiles">, prompted?: JsonObject): Variables;
  /** Keeps what a host told, a task registered or a file held, on its level. */
  keep(host: string, values: JsonObject, level?: KeptLevel): void;
  /** Forgets what was kept under these names, on all levels. */
  forget(host: string, names: readonly string[]): void;
}

/** What the run itself knows, the same for all hosts. */
export interface RunFacts {
  readonly playbookVars: JsonObject;
  readonly extraVariables: JsonObject;
  /** Reads the environment and the files of control for `lookup`. */
  readonly control?: ControlReader | undefined;
  /** Read at each use: latches change during a run. */
  magic(): JsonObject;
}

/** Holds the variables of a run. */
export function holdVariables(held: HeldInventory, run: RunFacts): HostVariables {
  const kept = new Map<string, ValuesByLevel>();
  const resolve = (layers: readonly VariableLayer[]) =>
    withControlReader(resolveVariables(layers), run.control);

  // The levels of the inventory's files were put on each other when it was read: nothing stands between them.
  function ofHost(host: string): ValuesByLevel {
    return { "inventory host vars": held.current().hosts.get(host)?.variables ?? {}, ...kept.get(host) };
  }

  function ofRun(host?: string): ValuesByLevel {
    const inventory = held.current();
    const magic = {
      ...run.magic(),
      ...sidesOf(inventory),
      ...(host === undefined ? {} : namesOfHost(host, inventory)),
      // Read late: most tasks never look at another host, and there may be a thousand.
      get hostvars() {
        return hostvars();
      },
    };
    return { "playbook vars": run.playbookVars, "extra vars": run.extraVariables, magic };
  }

  function hostvars(): JsonObject {
    const inventory = held.current();
    return lazyMap([...new Set([...inventory.hosts.keys(), "localhost"])], (written) => {
      const host = hostNamed(written, inventory.hosts);
      const name = host?.name ?? written;
      return resolve(
        layersInOrder({
          "role defaults": { address: host?.spec.address ?? name },
          ...ofHost(name),
          magic: { ...sidesOf(inventory), ...namesOfHost(name, inventory) },
        }),
      );
    });
  }

  return {
    forTask(host, { play, role, vars, includeParameters, loopItems = {}, extra }) {
      const roles = rolesRound(role);
      const seen = [...(play.publicRoles ?? []), ...roles];
      return resolve(
        layersInOrder({
          ...ofHost(host),
          ...ofRun(host),
          "role defaults": seen.map(({ defaults }) => defaults),
          "play vars": play.vars,
          vars_prompt: play.prompted,
          vars_files: play.fileVars,
          "role entry vars": seen.map(({ entryVars = {} }) => entryVars),
          "role vars": seen.map((one) => one.vars),
          "block and task vars": vars,
          "role parameters": roles.map(({ parameters }) => parameters),
          "include parameters": includeParameters,
          "item and result": [placeOf(play.playHosts, role), loopItems, extra],
        }),
      );
    },
    forStage: (host) => resolve(layersInOrder({ ...ofHost(host), ...ofRun(host) })),
    forPlay: ({ vars, varsFiles }, prompted) =>
      resolve(
        layersInOrder({
          "inventory host vars": sharedVariables(held.current()),
          ...ofRun(),
          "play vars": vars,
          vars_prompt: prompted,
          vars_files: varsFiles.map(({ values = {} }) => values),
        }),
      ),
    keep(host, values, level = "set_fact and register") {
      const known = kept.get(host) ?? {};
      kept.set(host, { ...known, [level]: withMore(known, values, level) });
    },
    forget(host, names) {
      const left = Object.entries(kept.get(host) ?? {}).map(([level, values]) => [
        level,
        without(values, names),
      ]);
      kept.set(host, Object.fromEntries(left) as ValuesByLevel);
    },
  };
}

function withMore(known: ValuesByLevel, values: JsonObject, level: KeptLevel): JsonObject {
  if (level === "facts") return withFacts(known.facts, values);
  const before = (known[level] ?? {}) as JsonObject;
  // Those of files keep their places, for errors in their templates.
  return level === "include_vars" ? mergeVariables(before, values) : { ...before, ...values };
}

/** Facts are put to those that are known: what `package_facts` found out outlasts a `setup` behind it. */
function withFacts(known: ValuesByLevel["facts"] = {}, values: JsonObject): JsonObject {
  const before = "facts" in known ? known.facts : undefined;
  return { facts: { ...asMap(before), ...asMap(values.facts) } };
}

function asMap(value: Json | undefined): JsonObject {
  return isMap(value) ? value : {};
}

function without(values: object | undefined, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([name]) => !names.includes(name)));
}

/** The variables that all hosts of the inventory have, with the same value. */
function sharedVariables({ hosts, groups }: Inventory): JsonObject {
  const [first, ...others] = (groups.get("all") ?? []).map((name) => hosts.get(name)?.variables ?? {});
  const shared = Object.entries(first ?? {}).filter(([name, value]) =>
    others.every((variables) => isDeepStrictEqual(variables[name], value)),
  );
  return Object.fromEntries(shared);
}
