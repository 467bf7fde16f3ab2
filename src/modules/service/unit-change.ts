import type { Applied, Change } from "../../contract/change.ts";
import { CommandFailed, Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ApplyContext, LookContext } from "../../contract/module.ts";
import { afterEarlierTasks, readGroups } from "./groups.ts";
import { initCommand } from "./init-scripts.ts";
import { planServices, type ServiceStep, type WantedService } from "./plan.ts";
import { currentUnits, lastLogLines, resultOnceReached } from "./reached.ts";

/** Units and what they shall be. */
export interface WantedUnits extends WantedService {
  readonly name: string | readonly string[];
  readonly missing?: "fail" | "ignore" | undefined;
}

export interface UnitChange extends Change {
  readonly args: WantedUnits;
  readonly steps: readonly ServiceStep[];
}

/** `systemctl stop` may wait for a service's own time limit, 90 seconds by default, one after the other. */
const longestStepMs = 10 * 60_000;

/** What has to be done to the units, after the steps that come before all others; undefined when all is so. */
export async function planUnits(
  args: WantedUnits,
  host: HostReader,
  { checkMode }: LookContext,
  first: readonly ServiceStep[] = [],
): Promise<UnitChange | undefined> {
  const groups = await readGroups(namesOf(args), host);
  const missing = groups.filter(({ unit }) => unit.loadState === "not-found").map(({ unit }) => unit.id);
  const known = groups.filter(({ unit }) => unit.loadState !== "not-found");
  if (missing.length > 0 && args.missing !== "ignore") {
    // In check mode an earlier task may be the one that installs it.
    if (!checkMode) throw unitMissing(missing, host);
    return { summary: `${missing.join(", ")}: not there yet`, args, steps: [] };
  }
  const planned = planServices(checkMode ? afterEarlierTasks(known, args.masked) : known, args, host.name);
  const done = new Set(first.map(({ verb }) => verb));
  const steps = [...first, ...planned.filter(({ verb }) => !done.has(verb))];
  return steps.length === 0 ? undefined : { summary: summaryOf(steps), args, steps };
}

/** Takes the steps, and looks whether the units are what they shall be. */
export async function applyUnits(
  { args, steps }: UnitChange,
  host: HostWriter,
  { signal }: ApplyContext,
): Promise<Applied> {
  for (const step of steps) await runStep(step, host, signal);
  return { result: await resultOnceReached(namesOf(args), args, host) };
}

/** What `register` keeps when there was nothing to do. */
export function standingUnits({ name }: Pick<WantedUnits, "name">, host: HostReader): Promise<JsonObject> {
  return currentUnits(namesOf({ name }), host);
}

function namesOf({ name }: WantedUnits): readonly string[] {
  return typeof name === "string" ? [name] : name;
}

/** Takes one step; a Failure holds what the units last wrote to the log. */
async function runStep(step: ServiceStep, host: HostWriter, signal: AbortSignal): Promise<void> {
  const { verb, units } = step;
  for (const argv of commandsFor(step, host)) {
    try {
      await host.run(argv, { timeoutMs: longestStepMs, signal });
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      const said = `${error.stderr}${await lastLogLines(units, host)}`;
      const isSysv = host.facts.init === "sysvinit";
      throw new Failure("task-failed", `${isSysv ? "" : "systemctl "}${verb} ${units.join(" ")}: ${said}`, {
        host: host.name,
        next: `On ${host.name}: ${isSysv ? `service ${units[0]} status` : `systemctl status ${units.join(" ")}`}`,
        cause: error,
      });
    }
  }
}

function commandsFor({ verb, units }: ServiceStep, host: HostWriter): readonly (readonly string[])[] {
  if (host.facts.init === "sysvinit") {
    return units.map((unit) => initCommand(verb, unit)).filter((argv) => argv !== undefined);
  }
  const names = units.length > 0 ? ["--", ...units] : [];
  return [["systemctl", "--no-ask-password", ...verb.split(" "), ...names]];
}

/** The steps in words. */
export function summaryOf(steps: readonly ServiceStep[]): string {
  return steps.map(({ verb, units }) => [verb, ...units].join(" ")).join(", ");
}

function unitMissing(missing: readonly string[], host: HostReader): Failure {
  return new Failure("task-failed", `there is no unit ${missing.join(", ")}`, {
    host: host.name,
    next:
      host.facts.init === "sysvinit"
        ? "Look for its name with: ls /etc/init.d"
        : `Look for its name with: systemctl list-unit-files '*${missing[0]?.split(/[.@]/)[0]}*'`,
  });
}
