import type { HostReader } from "../contract/host.ts";
import { changingModule } from "../contract/module.ts";
import { closed, given, oneOf, yesOrNo } from "./argument-schemas.ts";
import { unitWords } from "./service/arguments.ts";
import { requireSystemd } from "./service/groups.ts";
import type { ServiceStep, WantedService } from "./service/plan.ts";
import { applyUnits, planUnits, standingUnits, summaryOf, type UnitChange } from "./service/unit-change.ts";
import { isAnyUnitFileNewer } from "./service/units.ts";

export interface SystemdArgs extends WantedService {
  readonly name?: string | readonly string[];
  readonly daemon_reload?: boolean;
  readonly daemon_reexec?: boolean;
  readonly scope?: "system";
}

/** Manages systemd's units (services, sockets, timers, mounts …), and systemd itself. */
export const systemd = changingModule<SystemdArgs, UnitChange>({
  name: "systemd",
  description:
    "Starts, stops, restarts or reloads systemd units (services, sockets, timers …), enables and masks them, and has systemd read its unit files again. " +
    "Registers `state`, `units` and `status`. Differs from Ansible: `name` may be a list, `state: reloaded` does not start what is stopped, " +
    "`scope` is `system` only, and `force` and `no_block` are left out.",
  preview: "exact",
  args: closed(
    {
      ...unitWords,
      masked: yesOrNo("Let nothing start it, over reboots too."),
      daemon_reload: yesOrNo(
        "Have systemd read all unit files again, before anything else. Differs from Ansible: only when one of them has changed since, so that a second run changes nothing.",
        false,
      ),
      daemon_reexec: yesOrNo(
        "Have systemd start itself anew, before anything else. It does so in each run.",
        false,
      ),
      scope: oneOf(["system"], "The units of the host itself; those of a user are not managed.", "system"),
    },
    {
      anyOf: [
        {
          ...given("name"),
          anyOf: [given("state"), given("enabled"), given("masked"), ...ofSystemdItself()],
        },
        ...ofSystemdItself(),
      ],
      allOf: ["state", "enabled", "masked"].map((word) => ({ dependencies: { [word]: ["name"] } })),
    },
  ),

  async check(args, host, context) {
    const { name, state, enabled, masked } = args;
    requireSystemd(host);
    const first = await stepsForSystemd(args, host);
    if (name !== undefined) return planUnits({ name, state, enabled, masked }, host, context, first);
    if (first.length === 0) return undefined;
    return { summary: summaryOf(first), args: { name: [] }, steps: first };
  },

  touches: () => [],
  apply: applyUnits,
  current: ({ name = [] }, host) => standingUnits({ name }, host),
});

async function stepsForSystemd(
  { daemon_reload: reload, daemon_reexec: reexec }: SystemdArgs,
  host: HostReader,
): Promise<ServiceStep[]> {
  const isStale = reload === true && (await isAnyUnitFileNewer(host));
  return [
    ...(reexec === true ? [{ verb: "daemon-reexec", units: [] }] : []),
    ...(isStale ? [{ verb: "daemon-reload", units: [] }] : []),
  ];
}

function ofSystemdItself(): object[] {
  return ["daemon_reload", "daemon_reexec"].map((word) => ({
    properties: { [word]: { const: true } },
    required: [word],
  }));
}
