import type { HostFacts } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, oneOrMore } from "./argument-schemas.ts";

export interface SetupArgs {
  readonly filter?: string | readonly string[];
  readonly gather_subset?: string | readonly string[];
}

/** Facts that are more than the least, by the name of their subset. */
const subsets = {
  hardware: ["processors", "memory_bytes", "memory_free_bytes", "swap_bytes", "swap_free_bytes", "mounts"],
  network: [
    "interfaces",
    "interface_details",
    "default_ipv4",
    "default_ipv6",
    "all_ipv4_addresses",
    "all_ipv6_addresses",
  ],
  date_time: ["clock", "clock_skew"],
  programs: ["versions"],
} as const satisfies Record<string, readonly (keyof HostFacts)[]>;

const subsetNames = ["all", "min", ...Object.keys(subsets)];

/** Finds out the facts of a host once more. */
export const setup = lookingModule<SetupArgs>({
  name: "setup",
  description:
    "Finds out the facts of the host once more, keeps them as `facts` and registers them as `facts`. They are found out by themselves when a host is first reached: " +
    "this is for what has changed since. The least: `hostname`, `nodename`, `fqdn`, `domain`, `machine_id`, `kernel`, " +
    "`architecture`, `distribution`, `distribution_version`, `distribution_codename`, `init`, `user`, `uid`; " +
    `${Object.entries(subsets)
      .map(([subset, names]) => `\`${subset}\`: ${names.map((name) => `\`${name}\``).join(", ")}`)
      .join("; ")}. ` +
    "Differs from Ansible: names have no `ansible_`, some are others (`mailferry check` tells), an interface stands in " +
    "`interface_details` by its name, sizes are in bytes, there are no local facts, and `gather_timeout` and `fact_path` are left out.",
  args: closed({
    filter: oneOrMore(
      "Only the facts whose names match one of these patterns, with `*` and `?`: `distribution*`. The others stay as they are known.",
      "^[A-Za-z0-9_*?]+$",
    ),
    gather_subset: oneOrMore(
      `Which facts: ${subsetNames.map((name) => `\`${name}\``).join(", ")}, each with \`!\` before it to leave it out. \`all\` without it; the least are always there, unless \`!min\` is said.`,
      `^!?(${subsetNames.join("|")})$`,
    ),
  }),

  async look({ filter = "*", gather_subset: subset = "all" }, host) {
    const gathered = await host.gatherFacts();
    const patterns = listOf(filter).map(globExpression);
    const names = namesOf(listOf(subset), gathered);
    const facts: JsonObject = Object.fromEntries(
      Object.entries(gathered).filter(
        ([name]) => names.has(name) && patterns.some((pattern) => pattern.test(name)),
      ),
    );
    return { result: { facts }, facts };
  },
});

/** The facts that are asked for. What is taken out wins over what is put in. */
function namesOf(words: readonly string[], facts: HostFacts): Set<string> {
  const without = words.filter((word) => word.startsWith("!")).map((word) => word.slice(1));
  const asked = words.filter((word) => !word.startsWith("!"));
  const least = Object.keys(facts).filter(
    (name) =>
      !Object.values(subsets)
        .flat()
        .includes(name as never),
  );
  const isIn = (subset: string) =>
    !without.includes(subset) &&
    !(without.includes("all") && !asked.includes(subset)) &&
    (asked.length === 0 || asked.includes("all") || asked.includes(subset));
  const more = Object.entries(subsets).flatMap(([subset, names]) => (isIn(subset) ? names : []));
  return new Set<string>([...(without.includes("min") ? [] : least), ...more]);
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** A pattern holds letters, digits and `_` beside its wildcards: the schema sees to that. */
function globExpression(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
