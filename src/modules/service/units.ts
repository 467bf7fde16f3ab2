import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";

/** One unit as systemd sees it. */
export interface Unit {
  /** Its own name, also when it was asked for by an alias. */
  readonly id: string;
  /** loaded, masked, not-found, bad-setting or error. */
  readonly loadState: string;
  /** active, reloading, inactive, failed, activating or deactivating. */
  readonly activeState: string;
  readonly subState: string;
  /** How it ended last: success, exit-code, timeout, … */
  readonly result: string;
  /** enabled, disabled, static, masked, masked-runtime, generated, … */
  readonly unitFileState: string;
  /** The file it was read from. */
  readonly fragmentPath: string;
  /** True for a service that does its work and is gone, without staying "active". */
  readonly endsByItself: boolean;
  readonly needsDaemonReload: boolean;
  /** Sockets, timers and paths that start it. */
  readonly triggers: readonly string[];
  /** Instances of a template that stop with it, for instance `postfix@-.service` of `postfix.service`. */
  readonly instances: readonly string[];
  /** Those of them that it starts. */
  readonly startedInstances: readonly string[];
}

const properties = [
  ...["Id", "LoadState", "ActiveState", "SubState", "Result", "UnitFileState", "FragmentPath", "Type"],
  ...["RemainAfterExit", "NeedDaemonReload", "TriggeredBy", "ConsistsOf", "Wants", "Requires"],
];

/** Looks at units, in the order of the names. A name without a suffix is a service. */
export async function readUnits(names: readonly string[], host: HostReader): Promise<Unit[]> {
  if (names.length === 0) return [];
  const argv = ["systemctl", "show", `--property=${properties.join(",")}`, "--", ...names.map(fullName)];
  const { stdout } = await host.probe(argv);
  const blocks = stdout.toString("utf8").trim().split(/\n\n+/);
  return blocks.map((block) => unitOf(valuesOf(block)));
}

/** True when a unit file, or what a unit was made from, has changed since systemd read it. */
export async function isAnyUnitFileNewer(host: HostReader): Promise<boolean> {
  const { stdout } = await host.probe(["systemctl", "show", "--property=NeedDaemonReload", "--", "*"]);
  return /^NeedDaemonReload=yes$/m.test(stdout.toString("utf8"));
}

/** "postfix" as "postfix.service". */
function fullName(name: string): string {
  return /\.(service|socket|timer|path|target|mount|automount|swap|slice|scope|device)$/.test(name)
    ? name
    : `${name}.service`;
}

/** True when nothing of the unit runs. */
export function isStopped(unit: Unit): boolean {
  return unit.activeState === "inactive" || unit.activeState === "failed";
}

/** True when the unit does what it is there for. */
export function isRunning(unit: Unit): boolean {
  return unit.activeState === "active" || unit.activeState === "reloading";
}

/** What `register` keeps of a unit. */
export function registeredUnit(unit: Unit): JsonObject {
  return {
    name: unit.id,
    state: unit.activeState,
    sub_state: unit.subState,
    unit_file_state: unit.unitFileState,
    masked: unit.loadState === "masked",
    exists: unit.loadState !== "not-found",
  };
}

/** A unit's state in the words of systemd's properties. */
export function statusOf(unit: Unit): JsonObject {
  return {
    Id: unit.id,
    LoadState: unit.loadState,
    ActiveState: unit.activeState,
    SubState: unit.subState,
    UnitFileState: unit.unitFileState,
    FragmentPath: unit.fragmentPath,
    Result: unit.result,
  };
}

function unitOf(values: ReadonlyMap<string, string>): Unit {
  const value = (name: string): string => values.get(name) ?? "";
  const list = (name: string): string[] => value(name).split(" ").filter(Boolean);
  const id = value("Id");
  const instancePrefix = `${id.replace(/\.service$/, "")}@`;
  const instances = list("ConsistsOf").filter((part) => part.startsWith(instancePrefix));
  const started = new Set([...list("Wants"), ...list("Requires")]);
  return {
    id,
    loadState: value("LoadState"),
    activeState: value("ActiveState"),
    subState: value("SubState"),
    result: value("Result"),
    unitFileState: value("UnitFileState"),
    fragmentPath: value("FragmentPath"),
    endsByItself: value("Type") === "oneshot" && value("RemainAfterExit") !== "yes",
    needsDaemonReload: value("NeedDaemonReload") === "yes",
    triggers: list("TriggeredBy"),
    instances,
    startedInstances: instances.filter((part) => started.has(part)),
  };
}

function valuesOf(block: string): Map<string, string> {
  return new Map(
    block.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
