import type { Change } from "../contract/change.ts";
import { CommandFailed, Failure } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import { changingModule } from "../contract/module.ts";
import { closed, given, oneOf, oneOrMore, whenIs, yesOrNo } from "./argument-schemas.ts";
import { afterEarlierTasks, readGroups } from "./service/groups.ts";
import { planServices, type ServiceStep, type WantedService } from "./service/plan.ts";
import { lastLogLines, resultOnceReached } from "./service/reached.ts";

export interface ServiceArgs extends WantedService {
  readonly name: string | readonly string[];
  readonly missing?: "fail" | "ignore";
}

export interface ServiceChange extends Change {
  readonly args: ServiceArgs;
  readonly steps: readonly ServiceStep[];
}

/** `systemctl stop` may wait for a service's own time limit, 90 seconds by default, one after the other. */
const longestStepMs = 10 * 60_000;

/** Starts, stops, enables and masks systemd units, and sees that they are what they shall be. */
export const service = changingModule<ServiceArgs, ServiceChange>({
  name: "service",
  description:
    "Starts, stops, restarts or reloads systemd units, enables and masks them, and looks afterwards whether it is so. Registers `state` and `units`.",
  preview: "exact",
  args: closed(
    {
      name: oneOrMore(
        "A unit, or several that belong together: `[dovecot.socket, dovecot]`. Without a suffix it is a service.",
        "^[A-Za-z0-9:_.@\\\\][A-Za-z0-9:_.@\\\\-]*$",
      ),
      state: oneOf(
        ["started", "stopped", "restarted", "reloaded"],
        "`reloaded` leaves alone what does not run: it reads its configuration when it starts.",
      ),
      enabled: yesOrNo("Start it when the host boots."),
      masked: yesOrNo("Let nothing start it, over reboots too. `true` goes with `state: stopped`."),
      missing: oneOf(["fail", "ignore"], "What to do when there is no such unit.", "fail"),
    },
    {
      required: ["name"],
      anyOf: [given("state"), given("enabled"), given("masked")],
      allOf: [
        whenIs("masked", true, {
          needs: ["state"],
          forbids: ["enabled"],
          limits: { state: { const: "stopped" } },
        }),
      ],
    },
  ),

  async check(args, host, { checkMode }) {
    const groups = await readGroups(namesOf(args), host);
    const missing = groups.filter(({ unit }) => unit.loadState === "not-found").map(({ unit }) => unit.id);
    const known = groups.filter(({ unit }) => unit.loadState !== "not-found");
    if (missing.length > 0 && args.missing !== "ignore") {
      // In check mode an earlier task may be the one that installs it.
      if (!checkMode) throw unitMissing(missing, host);
      return { summary: `${missing.join(", ")}: not there yet`, args, steps: [] };
    }
    const steps = planServices(checkMode ? afterEarlierTasks(known, args.masked) : known, args, host.name);
    return steps.length === 0 ? undefined : { summary: summaryOf(steps), args, steps };
  },

  async apply({ args, steps }, host, { signal }) {
    for (const step of steps) await runStep(step, host, signal);
    return { result: await resultOnceReached(namesOf(args), args, host) };
  },
});

function namesOf({ name }: ServiceArgs): readonly string[] {
  return typeof name === "string" ? [name] : name;
}

async function runStep({ verb, units }: ServiceStep, host: HostWriter, signal: AbortSignal): Promise<void> {
  const argv = [
    "systemctl",
    "--no-ask-password",
    ...verb.split(" "),
    ...(units.length > 0 ? ["--", ...units] : []),
  ];
  try {
    await host.run(argv, { timeoutMs: longestStepMs, signal });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const log = await lastLogLines(units, host);
    throw new Failure("task-failed", `systemctl ${verb} ${units.join(" ")}: ${error.stderr}${log}`, {
      host: host.name,
      next: `On ${host.name}: systemctl status ${units.join(" ")}`,
      cause: error,
    });
  }
}

function summaryOf(steps: readonly ServiceStep[]): string {
  return steps.map(({ verb, units }) => [verb, ...units].join(" ")).join(", ");
}

function unitMissing(missing: readonly string[], host: HostReader): Failure {
  return new Failure("task-failed", `there is no unit ${missing.join(", ")}`, {
    host: host.name,
    next: `Look for its name with: systemctl list-unit-files '*${missing[0]?.split(/[.@]/)[0]}*'`,
  });
}
