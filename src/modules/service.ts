import { changingModule } from "../contract/module.ts";
import { closed, given, oneOf, whenIs, yesOrNo } from "./argument-schemas.ts";
import { unitWords } from "./service/arguments.ts";
import {
  applyUnits,
  planUnits,
  standingUnits,
  type UnitChange,
  type WantedUnits,
} from "./service/unit-change.ts";

/** Starts, stops, enables and masks systemd units or init scripts, and sees that they are what they shall be. */
export const service = changingModule<WantedUnits, UnitChange>({
  name: "service",
  description:
    "Starts, stops, restarts or reloads systemd units, enables and masks them, and looks afterwards whether it is so. Where sysvinit runs (Debian 7), it does the same with the scripts in /etc/init.d; masked is one that may not be executed. Registers `state` and `units`.",
  preview: "exact",
  args: closed(
    {
      ...unitWords,
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

  check: planUnits,
  touches: () => [],
  apply: applyUnits,
  current: standingUnits,
});
