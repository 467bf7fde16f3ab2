import type { Place } from "../../contract/errors.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { placeIn, pointerTo } from "../../expression/placed-values.ts";
import { type VariableLevel, variableLevels } from "../../expression/variable-levels.ts";
import { partsOf } from "../checks/known-names.ts";
import type { Inventory } from "../model/inventory.ts";
import type { Play, Playbook } from "../model/playbook.ts";
import type { TaskNode } from "../model/task.ts";
import { rolesRound } from "../role-scope.ts";
import { shortNameOf } from "./connection-words.ts";
import { matchHosts } from "./host-pattern.ts";

/** One place that sets a variable. */
export interface VariablePlace {
  readonly level: VariableLevel;
  /** Who writes it there: `group web`, `play Copy`, `task Ask`. */
  readonly by: string;
  /** Where alone it counts; undefined for everywhere. */
  readonly within?: string | undefined;
  readonly place?: Place | undefined;
  /** As it is written; undefined where only a run knows it. */
  readonly value?: Json | undefined;
}

/** What is looked through. */
export interface TraceSources {
  readonly inventory: Inventory;
  readonly playbook?: Playbook | undefined;
  readonly extraVariables: JsonObject;
}

/** Every place that sets a variable of a host, the one that wins first. A variable of the connection is found under both of its names. */
export function traceVariable(name: string, host: string, sources: TraceSources): VariablePlace[] {
  const { inventory, playbook, extraVariables } = sources;
  const places = [
    ...fromInventory(name, host, inventory),
    ...(playbook === undefined ? [] : fromPlaybook(name, host, inventory, playbook)),
    ...valuesNamed(name, extraVariables).map((found) => ({
      level: "extra vars" as const,
      by: "-e",
      ...found,
    })),
  ];
  const rank = ({ level }: VariablePlace) => variableLevels.findIndex((known) => known.name === level);
  // On one level the later one wins.
  return places.toReversed().toSorted((a, b) => rank(b) - rank(a));
}

function fromInventory(name: string, host: string, inventory: Inventory): VariablePlace[] {
  return (inventory.hosts.get(host)?.layers ?? []).flatMap(({ level, from, values }) => {
    const by = level.includes("group") ? `group ${from}` : `host ${from}`;
    return valuesNamed(name, values).map((found) => ({ level, by, ...found }));
  });
}

function fromPlaybook(name: string, host: string, inventory: Inventory, playbook: Playbook): VariablePlace[] {
  const plays = playbook.stages.flatMap((stage) => [...stage.plays, ...stage.rollback]);
  const meant = plays.filter(
    ({ hosts }) => hosts.text.includes("{{") || matchHosts(hosts.text, inventory).hosts.includes(host),
  );
  return [
    ...valuesNamed(name, playbook.vars).map((found) => ({
      level: "playbook vars" as const,
      by: "the playbook",
      ...found,
    })),
    ...withoutDoubles(meant.flatMap((play) => fromPlay(name, play))),
  ];
}

/** A role that is used in several plays has its defaults in one place. */
function withoutDoubles(places: readonly VariablePlace[]): VariablePlace[] {
  const seen = new Set<string>();
  return places.filter((found) => {
    const key = JSON.stringify([found.level, found.place, found.within]);
    return !seen.has(key) && seen.add(key);
  });
}

function fromPlay(name: string, play: Play): VariablePlace[] {
  const within = `play ${play.name}`;
  const at = (level: VariableLevel, values: JsonObject) =>
    valuesNamed(name, values).map((found) => ({ level, by: within, within, ...found }));
  return [
    ...at("play vars", play.vars),
    ...play.prompts
      .filter((prompt) => prompt.name === name)
      .map(() => ({ level: "vars_prompt" as const, by: within, within, place: play.place })),
    ...play.varsFiles.flatMap(({ values = {} }) => at("vars_files", values)),
    ...[...play.tasks, ...play.handlers].flatMap((node) => fromNode(name, node, within)),
  ];
}

function fromNode(name: string, node: TaskNode, play: string): VariablePlace[] {
  const { role } = node;
  const at = (level: VariableLevel, within: string, values: JsonObject) =>
    valuesNamed(name, values).map((found) => ({ level, by: within, within, ...found }));
  const words = `${node.kind} ${node.name ?? ("module" in node ? node.module : "without a name")}`;
  return [
    ...rolesRound(role).flatMap((one) => [
      ...at("role defaults", `role ${one.name}`, one.defaults),
      ...at("role entry vars", `role ${one.name}`, one.entryVars ?? {}),
      ...at("role vars", `role ${one.name}`, one.vars),
      ...at("role parameters", `role ${one.name}`, one.parameters),
    ]),
    ...(node.kind === "block" && node.gate !== undefined
      ? at("include parameters", words, node.gate.vars)
      : []),
    ...at("block and task vars", words, node.vars),
    ...setBy(name, node, play),
    ...(node.kind === "block" ? partsOf(node).flatMap((part) => fromNode(name, part, play)) : []),
  ];
}

/** What is set for the rest of the run, once the task has run. */
function setBy(name: string, node: TaskNode, play: string): VariablePlace[] {
  if (node.kind !== "task") return [];
  const within = `what runs after task ${node.name ?? node.module} of ${play}`;
  const found = { level: "set_fact and register" as const, by: `task ${node.name ?? node.module}`, within };
  if (node.register === name) return [{ ...found, place: node.place }];
  if (node.module !== "set_fact" || !Object.hasOwn(node.args.values, name)) return [];
  return [{ ...found, place: node.args.placeOf(pointerTo("", name)), value: node.args.values[name] }];
}

function valuesNamed(name: string, values: JsonObject): Pick<VariablePlace, "place" | "value">[] {
  const wanted = shortNameOf(name) ?? name;
  return Object.entries(values)
    .filter(([key]) => (shortNameOf(key) ?? key) === wanted)
    .map(([key, value]) => ({ place: placeIn(values, pointerTo("", key)), value }));
}
