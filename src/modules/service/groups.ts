import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { readInitScripts } from "./init-scripts.ts";
import { readUnits, type Unit } from "./units.ts";

/** A unit with those that belong to it. */
export interface UnitGroup {
  readonly unit: Unit;
  readonly instances: readonly Unit[];
  /** Its triggers that are active and not among the units of the task. */
  readonly openTriggers: readonly string[];
}

/** Looks at the named units and at what belongs to them. */
export async function readGroups(names: readonly string[], host: HostReader): Promise<UnitGroup[]> {
  const units = await unitsOf(names, host);
  const named = new Set(units.map(({ id }) => id));
  const related = units.flatMap(({ triggers, instances }) => [...triggers, ...instances]);
  const others = await unitsOf(
    related.filter((id) => !named.has(id)),
    host,
  );
  return units.map((unit) => ({
    unit,
    instances: others.filter(({ id }) => unit.instances.includes(id)),
    openTriggers: others
      .filter(({ id, activeState }) => unit.triggers.includes(id) && activeState === "active")
      .map(({ id }) => id),
  }));
}

function unitsOf(names: readonly string[], host: HostReader): Promise<Unit[]> {
  if (host.facts.init === "sysvinit") return readInitScripts(names, host);
  requireSystemd(host);
  return readUnits(names, host);
}

/** Throws a Failure for a host that something else than systemd has started. */
export function requireSystemd(host: HostReader): void {
  if (host.facts.init !== "systemd") {
    throw new Failure("task-failed", `this needs systemd, and ${host.name} was started by something else`, {
      host: host.name,
      next: "Use `command` with the host's own way to start and stop it.",
    });
  }
}

/** In check mode earlier tasks have not taken the mask off, or stopped the socket: what they would do is taken as done. */
export function afterEarlierTasks(groups: readonly UnitGroup[], masked: boolean | undefined): UnitGroup[] {
  return groups.map((group) => ({
    ...group,
    unit: masked === undefined ? withoutMask(group.unit) : group.unit,
    openTriggers: [],
  }));
}

function withoutMask(unit: Unit): Unit {
  return unit.loadState === "masked" ? { ...unit, loadState: "loaded", unitFileState: "disabled" } : unit;
}
