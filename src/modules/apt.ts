import type { Change } from "../contract/change.ts";
import { Failure, Refused } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import { type ApplyContext, changingModule, type LookContext } from "../contract/module.ts";
import { aptGet } from "./apt/apt-get.ts";
import { installedVersions, simulate } from "./apt/packages.ts";
import { closed, oneOf, oneOrMore, seconds, yesOrNo } from "./argument-schemas.ts";

export interface AptArgs {
  readonly name: string | readonly string[];
  readonly state?: "present" | "absent" | "latest";
  readonly update_cache?: boolean;
  readonly cache_valid_time?: number;
  readonly install_recommends?: boolean;
}

export interface AptChange extends Change {
  /** The words after `apt-get`. */
  readonly words: readonly string[];
  readonly refresh: boolean;
  readonly packages: readonly string[];
  readonly state: "present" | "absent" | "latest";
}

/** apt writes into this directory whenever it refreshes its lists, also when nothing is new. */
const listsDirectory = "/var/lib/apt/lists/partial";

/** Installs and removes Debian packages. */
export const apt = changingModule<AptArgs, AptChange>({
  name: "apt",
  description:
    "Installs or removes Debian packages, without asking. Refuses when apt would also remove packages that are not named. Registers `packages` (those named that are installed, with their versions), `cache_updated` and `cache_update_time`.",
  preview: "exact",
  args: closed(
    {
      name: oneOrMore("A package, or a list of them.", "^[a-z0-9][a-z0-9+.-]+$"),
      state: oneOf(
        ["present", "absent", "latest"],
        "`latest` also upgrades to the newest version that the package lists know.",
        "present",
      ),
      update_cache: yesOrNo(
        "Refresh the package lists first, when something is to be installed and they are old.",
        false,
      ),
      cache_valid_time: seconds("Seconds after which package lists are old.", 3600),
      install_recommends: yesOrNo("Install recommended packages too; apt's own setting without it."),
    },
    { required: ["name"] },
  ),

  async check(args, host, context) {
    const names = typeof args.name === "string" ? [args.name] : args.name;
    const installed = await installedVersions(names, host);
    if (args.state === "absent")
      return removal(
        names.filter((name) => installed.has(name)),
        host,
      );
    const missing = names.filter((name) => !installed.has(name));
    if (args.state !== "latest" && missing.length === 0) return undefined;
    return installation(args, names, missing, host, context);
  },

  touches: () => [],
  async apply(change, host, context) {
    if (change.refresh) await aptGet(["update"], host, context);
    await aptGetUnlessItRemoves(change, host, context);
    await verify(change, host);
    return { result: { cache_updated: change.refresh } };
  },

  async current({ name }, host) {
    const names = typeof name === "string" ? [name] : name;
    const [installed, lists] = await Promise.all([installedVersions(names, host), host.stat(listsDirectory)]);
    return {
      packages: [...installed].map(([one, version]) => ({ name: one, version })),
      cache_updated: false,
      cache_update_time: Math.floor(lists?.modifiedAt ?? 0),
    };
  },
});

async function removal(packages: readonly string[], host: HostReader): Promise<AptChange | undefined> {
  if (packages.length === 0) return undefined;
  const words = ["remove", "--", ...packages];
  const simulation = await simulate(words, host);
  if (!("error" in simulation)) refuseOthers(simulation.removes, packages, host);
  return { summary: `remove ${packages.join(", ")}`, words, refresh: false, packages, state: "absent" };
}

async function installation(
  args: AptArgs,
  names: readonly string[],
  missing: readonly string[],
  host: HostReader,
  { checkMode }: LookContext,
): Promise<AptChange | undefined> {
  const { state = "present", install_recommends: recommends } = args;
  const option =
    recommends === undefined ? [] : [recommends ? "--install-recommends" : "--no-install-recommends"];
  const packages = state === "latest" ? names : missing;
  const words = ["install", ...option, "--", ...packages];
  const refresh = args.update_cache === true && (await areListsOld(args, host));
  const simulation = await simulate(words, host);
  const change = { words, refresh, packages, state };
  if ("error" in simulation) {
    if (!refresh && !checkMode) throw unknownPackage(simulation.error, host);
    return { ...change, summary: `install ${packages.join(", ")}` };
  }
  refuseOthers(simulation.removes, [], host);
  const { installs } = simulation;
  if (installs.length === 0 && !refresh) return undefined;
  const others = installs.filter((name) => !packages.includes(name)).length;
  const what = installs.length === 0 ? "refresh the package lists" : `install ${packages.join(", ")}`;
  return { ...change, summary: others === 0 ? what : `${what} and ${others} more` };
}

async function areListsOld(
  { cache_valid_time: validSeconds = 3600 }: AptArgs,
  host: HostReader,
): Promise<boolean> {
  const stat = await host.stat(listsDirectory);
  const now = await host.probe(["date", "+%s"]);
  return stat === undefined || Number(now.stdout.toString("utf8")) - stat.modifiedAt > validSeconds;
}

/** Asks once more right before: the refreshed lists may want other packages than the old ones. */
async function aptGetUnlessItRemoves(
  change: AptChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<void> {
  const simulation = await simulate(change.words, host);
  if ("error" in simulation) throw unknownPackage(simulation.error, host);
  refuseOthers(simulation.removes, change.state === "absent" ? change.packages : [], host);
  if (simulation.installs.length + simulation.removes.length > 0) await aptGet(change.words, host, context);
}

async function verify({ packages, state }: AptChange, host: HostReader): Promise<void> {
  const installed = await installedVersions(packages, host);
  const wrong = packages.filter((name) => installed.has(name) === (state === "absent"));
  if (wrong.length === 0) return;
  const how = state === "absent" ? "still installed" : "not installed, though apt-get ended well";
  throw new Failure("task-failed", `${wrong.join(", ")}: ${how}`, {
    host: host.name,
    next: `On ${host.name}: apt-get --simulate install ${wrong.join(" ")}`,
  });
}

function refuseOthers(removes: readonly string[], named: readonly string[], host: HostReader): void {
  const others = removes.filter((name) => !named.includes(name));
  if (others.length === 0) return;
  throw new Refused(`apt would also remove ${others.join(", ")}`, {
    host: host.name,
    next: "Name them in a task of their own with `state: absent` if they may go.",
  });
}

function unknownPackage(error: string, host: HostReader): Failure {
  return new Failure("task-failed", error === "" ? "apt can't say what it would do" : error, {
    host: host.name,
    next: "`update_cache: true` refreshes the package lists; otherwise look at the name and at /etc/apt.",
  });
}
