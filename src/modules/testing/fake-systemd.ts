import type { FakeAnswer, FakeCall, FakeCommand } from "./fake-host.ts";

/** The properties of a unit that `systemctl show` tells; what is left out is as for a plain, disabled, stopped service. */
export type FakeUnit = Record<string, string>;

/** systemd in memory: `systemctl show`, and the verbs that change the units it was given. `journalctl` has nothing to say. */
export function fakeSystemd(units: Record<string, FakeUnit>): FakeCommand[] {
  return [
    { argv: ["systemctl"], answer: (call) => answer(call, units) },
    { argv: ["journalctl"], answer: "" },
  ];
}

function answer({ argv }: FakeCall, units: Record<string, FakeUnit>): FakeAnswer {
  const words = argv.slice(1).filter((word) => !word.startsWith("--no-"));
  const at = words.indexOf("--");
  const [verb = "", flag] = words.slice(0, at === -1 ? undefined : at);
  const names = at === -1 ? [] : words.slice(at + 1);
  if (verb === "daemon-reload") for (const unit of Object.values(units)) unit.NeedDaemonReload = "no";
  if (verb === "show" && names[0] === "*") return shownAll(units);
  if (verb === "show") return names.map((name) => shown(name, units)).join("\n\n");
  for (const name of names) {
    const unit = units[name];
    if (unit === undefined) return { exitCode: 5, stderr: `Unit ${name} not found.` };
    if (unit.Fails?.split(" ").includes(verb)) return { exitCode: 1, stderr: `Job for ${name} failed.` };
    Object.assign(unit, effects[`${verb}${flag === "--runtime" ? " --runtime" : ""}`] ?? {});
    for (const part of unit.ConsistsOf?.split(" ") ?? [])
      Object.assign(units[part] ?? {}, effects[verb] ?? {});
  }
  return "";
}

const effects: Readonly<Record<string, FakeUnit>> = {
  start: { ActiveState: "active", SubState: "running" },
  restart: { ActiveState: "active", SubState: "running" },
  stop: { ActiveState: "inactive", SubState: "dead" },
  enable: { UnitFileState: "enabled" },
  disable: { UnitFileState: "disabled" },
  mask: { LoadState: "masked", UnitFileState: "masked" },
  unmask: { LoadState: "loaded", UnitFileState: "disabled" },
  "unmask --runtime": { LoadState: "loaded", UnitFileState: "disabled" },
};

function shownAll(units: Readonly<Record<string, FakeUnit>>): string {
  return Object.keys(units)
    .map((name) => shown(name, units))
    .join("\n\n");
}

function shown(name: string, units: Readonly<Record<string, FakeUnit>>): string {
  const usual = { Id: name, ActiveState: "inactive", SubState: "dead", Result: "success" };
  const unit = units[name] ?? { LoadState: "not-found" };
  const known = units[name] === undefined ? {} : { LoadState: "loaded", UnitFileState: "disabled" };
  return Object.entries({ ...usual, ...known, ...unit })
    .map(([property, value]) => `${property}=${value}`)
    .join("\n");
}
