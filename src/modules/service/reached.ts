import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { readGroups, type UnitGroup } from "./groups.ts";
import { planServices, type ServiceStep, type WantedService } from "./plan.ts";
import { registeredUnit, statusOf } from "./units.ts";

/** Looks again, because a command that ended well is not yet a unit that runs. Throws a Failure with the last lines of the log. */
export async function resultOnceReached(
  names: readonly string[],
  wanted: WantedService,
  host: HostReader,
): Promise<JsonObject> {
  const groups = (await readGroups(names, host)).filter(({ unit }) => unit.loadState !== "not-found");
  const left = planServices(groups.filter(isLooseEnd(wanted)), lasting(wanted), host.name);
  if (left.length > 0) throw await notReached(groups, left, host);
  return registeredGroups(groups);
}

/** What `register` keeps of units that are as they shall be. */
export async function currentUnits(names: readonly string[], host: HostReader): Promise<JsonObject> {
  return registeredGroups(
    (await readGroups(names, host)).filter(({ unit }) => unit.loadState !== "not-found"),
  );
}

function registeredGroups(groups: readonly UnitGroup[]): JsonObject {
  const units = groups.map(({ unit }) => registeredUnit(unit));
  const [first] = groups;
  if (first === undefined) return { units };
  return { name: first.unit.id, state: first.unit.activeState, units, status: statusOf(first.unit) };
}

/** What the arguments ask for beyond the moment: a restart leaves a unit that is started. */
function lasting({ state, enabled, masked }: WantedService): WantedService {
  const kept = { restarted: "started", reloaded: undefined, started: "started", stopped: "stopped" } as const;
  return { state: state === undefined ? undefined : kept[state], enabled, masked };
}

/** False for a unit that has done its work and ended well: it was started, and does not run. */
function isLooseEnd({ state }: WantedService): (group: UnitGroup) => boolean {
  return ({ unit }) => state === "stopped" || !(unit.endsByItself && unit.result === "success");
}

async function notReached(
  groups: readonly UnitGroup[],
  left: readonly ServiceStep[],
  host: HostReader,
): Promise<Failure> {
  const ids = [...new Set(left.flatMap((step) => step.units))];
  const states = groups
    .flatMap(({ unit, instances }) => [unit, ...instances])
    .filter(({ id }) => ids.includes(id))
    .map((unit) => `${unit.id} is ${unit.activeState} (${unit.subState}), ${unit.unitFileState}`);
  return new Failure("task-failed", `${states.join("; ")}${await lastLogLines(ids, host)}`, {
    host: host.name,
    next: `On ${host.name}: ${host.facts.init === "sysvinit" ? `service ${ids[0]} status` : `systemctl status ${ids.join(" ")}`}`,
  });
}

/** What the journal holds of the units last; empty when it holds nothing, and where there is none. */
export async function lastLogLines(units: readonly string[], host: HostReader): Promise<string> {
  if (host.facts.init !== "systemd") return "";
  const named = units.map((unit) => `--unit=${unit}`);
  const argv = ["journalctl", "--no-pager", "--quiet", "--output=cat", "--lines=5", ...named];
  const { exitCode, stdout } = await host.probe(argv, { accept: "any" });
  const text = stdout.toString("utf8").trim();
  return exitCode === 0 && text !== "" ? `\n${text}` : "";
}
