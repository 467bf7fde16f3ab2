import { Failure } from "../../contract/errors.ts";
import type { UnitGroup } from "./groups.ts";
import { isRunning, isStopped, type Unit } from "./units.ts";

/** What a unit shall be; what is not named stays. */
export interface WantedService {
  readonly state?: "started" | "stopped" | "restarted" | "reloaded" | undefined;
  readonly enabled?: boolean | undefined;
  readonly masked?: boolean | undefined;
}

/** One verb of systemctl and the units it is for. */
export interface ServiceStep {
  readonly verb: string;
  readonly units: readonly string[];
}

/** The order matters: unmask before start; stop before mask, because a masked unit has lost the commands that end it well. */
const verbs = [
  "unmask",
  "unmask --runtime",
  "enable",
  "disable",
  "stop",
  "mask",
  "start",
  "restart",
  "reload",
] as const;
type Verb = (typeof verbs)[number];

/** What has to be done to all units, in order; nothing when all is so. Throws a Failure for what can't be had. */
export function planServices(
  groups: readonly UnitGroup[],
  wanted: WantedService,
  host: string,
): ServiceStep[] {
  const asked = new Map<Verb, string[]>(verbs.map((verb) => [verb, []]));
  for (const group of groups) {
    refuseImpossible(group, wanted, host);
    for (const verb of maskVerbs(group.unit, wanted)) asked.get(verb)?.push(group.unit.id);
    for (const verb of enableVerbs(group.unit, wanted)) asked.get(verb)?.push(group.unit.id);
    const { verb, units } = stateStep(group, wanted);
    asked.get(verb)?.push(...units);
  }
  const steps = verbs
    .map((verb) => ({ verb, units: asked.get(verb) ?? [] }))
    .filter(({ units }) => units.length > 0);
  const starts = steps.some(({ verb }) => verb === "start" || verb === "restart" || verb === "reload");
  const stale = starts && groups.some(({ unit }) => unit.needsDaemonReload);
  return stale ? [{ verb: "daemon-reload", units: [] }, ...steps] : steps;
}

function maskVerbs(unit: Unit, { masked }: WantedService): Verb[] {
  const isPersistent = unit.unitFileState === "masked";
  const isForThisBoot = unit.unitFileState === "masked-runtime";
  // A mask in /run is gone after a reboot: that is no freeze.
  if (masked === true) return isPersistent ? [] : ["mask"];
  if (masked !== false || unit.loadState !== "masked") return [];
  return isForThisBoot ? ["unmask --runtime"] : ["unmask"];
}

function enableVerbs({ unitFileState }: Unit, { enabled }: WantedService): Verb[] {
  const isEnabled = ["enabled", "alias", "indirect"].includes(unitFileState);
  if (enabled === undefined || enabled === isEnabled) return [];
  if (enabled) return ["enable"];
  return unitFileState === "static" ? [] : ["disable"];
}

function stateStep(
  { unit, instances }: UnitGroup,
  { state }: WantedService,
): { verb: Verb; units: string[] } {
  const all = [unit, ...instances];
  const ids = (units: readonly Unit[]): string[] => units.map(({ id }) => id);
  if (state === "stopped") return { verb: "stop", units: ids(all.filter((part) => !isStopped(part))) };
  if (state === "restarted") return { verb: "restart", units: [unit.id] };
  // What does not run reads its configuration when it starts.
  if (state === "reloaded") return { verb: "reload", units: isRunning(unit) ? [unit.id] : [] };
  if (state !== "started") return { verb: "start", units: [] };
  const needed = [unit, ...instances.filter(({ id }) => unit.startedInstances.includes(id))];
  return { verb: "start", units: ids(needed.filter((part) => !isRunning(part))) };
}

function refuseImpossible({ unit, openTriggers }: UnitGroup, wanted: WantedService, host: string): void {
  const { state, enabled, masked } = wanted;
  const starts = state === "started" || state === "restarted";
  if ((starts || enabled === true) && unit.loadState === "masked" && masked !== false) {
    throw failure(`${unit.id} is masked`, "`masked: false` takes the mask off.");
  }
  if (
    masked === true &&
    unit.loadState !== "masked" &&
    unit.fragmentPath === `/etc/systemd/system/${unit.id}`
  ) {
    throw failure(
      `${unit.id} can't be masked: its own unit file lies where the mask would go`,
      `On ${host}: mkdir -p /usr/local/lib/systemd/system && mv ${unit.fragmentPath} /usr/local/lib/systemd/system/ && systemctl daemon-reload`,
    );
  }
  if (state === "stopped" && openTriggers.length > 0) {
    throw failure(
      `${openTriggers.join(" and ")} would start ${unit.id} again`,
      `Name ${openTriggers.length === 1 ? "it" : "them"} too, before ${unit.id}.`,
    );
  }
  if (
    enabled !== undefined &&
    (unit.unitFileState === "generated" || (enabled && unit.unitFileState === "static"))
  ) {
    throw failure(
      `${unit.id} is ${unit.unitFileState}: systemd has nothing to ${enabled ? "enable" : "disable"} in it`,
      "Leave `enabled` out, or set it up by `command`.",
    );
  }

  function failure(message: string, next: string): Failure {
    return new Failure("task-failed", message, { host, next });
  }
}
