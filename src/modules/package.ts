import { changingModule } from "../contract/module.ts";
import { type AptChange, apt } from "./apt.ts";
import { closed, oneOf, oneOrMore } from "./argument-schemas.ts";

export interface PackageArgs {
  readonly name: string | readonly string[];
  readonly state: "present" | "absent" | "latest";
  readonly use?: "auto" | "apt";
}

/** Installs and removes packages by the host's package manager. */
export const packageModule = changingModule<PackageArgs, AptChange>({
  name: "package",
  description:
    "Installs or removes packages by the host's package manager, as `apt` does with its own arguments left as they are. " +
    "Differs from Ansible: apt is the only package manager that is known.",
  preview: "exact",
  args: closed(
    {
      name: oneOrMore("A package, or a list of them.", "^[a-z0-9][a-z0-9+.-]+$"),
      state: oneOf(
        ["present", "absent", "latest"],
        "`latest` also upgrades to the newest version that the package lists know.",
      ),
      use: oneOf(["auto", "apt"], "The package manager.", "auto"),
    },
    { required: ["name", "state"] },
  ),

  check: ({ name, state }, host, context) => apt.check({ name, state }, host, context),
  touches: () => [],
  apply: (change, host, context) => apt.apply(change, host, context),
  current: async ({ name }, host, context) => (await apt.current?.({ name }, host, context)) ?? {},
});
