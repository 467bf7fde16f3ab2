import { Failure } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, oneOf } from "./argument-schemas.ts";

export interface PackageFactsArgs {
  readonly manager?: "auto" | "apt";
  readonly strategy?: "first" | "all";
}

/** Finds out which packages are installed. */
export const packageFacts = lookingModule<PackageFactsArgs>({
  name: "package_facts",
  description:
    "Finds out which packages are installed. `facts.packages` is kept, and registered as `packages`: by name, a list of " +
    "`name`, `version`, `arch` and `source`, because a package may be there for several architectures. Differs from Ansible: dpkg's packages only.",
  args: closed({
    manager: oneOf(["auto", "apt"], "The package manager that is asked.", "auto"),
    strategy: oneOf(["first", "all"], "Of several package managers; there is one.", "first"),
  }),

  async look(_args, host) {
    const argv = ["dpkg-query", "--show", `--showformat=${format}`];
    const { exitCode, stdout } = await host.probe(argv, { accept: [0, 127] });
    if (exitCode === 127) {
      throw new Failure("task-failed", `${host.name} has no dpkg: its packages can't be asked for`, {
        host: host.name,
        next: "Use `command` with the host's own package manager.",
      });
    }
    const packages = parsePackages(stdout.toString("utf8"));
    return { result: { packages }, facts: { packages } };
  },
});

const format = "${Package}\\t${db:Status-Status}\\t${Version}\\t${Architecture}\\n";

function parsePackages(text: string): JsonObject {
  // No prototype: a package may have any name.
  const packages: Record<string, JsonObject[]> = Object.create(null);
  for (const line of text.split("\n")) {
    const [name = "", status, version = "", arch = ""] = line.split("\t");
    if (status !== "installed") continue;
    packages[name] = [...(packages[name] ?? []), { name, version, arch, source: "apt" }];
  }
  return { ...packages };
}
