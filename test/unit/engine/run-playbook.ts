import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connect, HostConnection, JobHost } from "../../../src/contract/connection.ts";
import { Refused } from "../../../src/contract/errors.ts";
import type { RunEvent } from "../../../src/contract/events.ts";
import type { HostWriter, JobSpec } from "../../../src/contract/host.ts";
import type { Prompter } from "../../../src/contract/prompter.ts";
import type { RunRequest, RunResult } from "../../../src/engine/request.ts";
import { runStage } from "../../../src/engine/run-stage.ts";
import { loadPlaybook } from "../../../src/language/load-playbook.ts";
import type { Inventory, InventoryHost } from "../../../src/language/model.ts";
import { moduleRegistry } from "../../../src/modules/registry.ts";
import { FakeHost } from "../../../src/modules/testing/fake-host.ts";

/** A place to run playbooks in: fake hosts `alpha` (old) and `beta` (new), and a state directory that stays. */
export interface Place {
  readonly hosts: Readonly<Record<"alpha" | "beta" | "control", FakeHost>>;
  readonly stateDirectory: string;
  readonly directory: string;
}

/** One run in a place, and all it told. */
export interface Ran {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  /** "host: task name: status" of each finished task, in order. */
  readonly tasks: readonly string[];
}

export function makePlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), "mailferry-engine-"));
  const machine = (name: string) => ({
    name,
    address: `192.0.2.${name.length}`,
    facts: { machine_id: name },
    files: { "/var/lib/mailferry/latches/.keep": "", "/etc/hostname": name, "/.keep": "" },
    commands: [
      { argv: ["sh", "-c"], answer: lockAnswer },
      { argv: ["install"], answer: "" },
      { argv: ["sync"], answer: "" },
    ],
  });
  return {
    directory,
    stateDirectory: join(directory, "state"),
    hosts: {
      alpha: new FakeHost(machine("alpha")),
      beta: new FakeHost(machine("beta")),
      control: new FakeHost(machine("control")),
    },
  };
}

/** Runs a stage of a playbook given as YAML. */
export async function run(place: Place, yaml: string, more: Partial<RunRequest> = {}): Promise<Ran> {
  const file = join(place.directory, "playbook.yml");
  writeFileSync(file, yaml);
  const inventory = inventoryOf(place);
  const { playbook } = await loadPlaybook(file, {
    modules: moduleRegistry,
    roleDirectories: [join(place.directory, "roles")],
    inventory,
    extraVariables: Object.keys(more.extraVariables ?? {}),
  });
  const events: RunEvent[] = [];
  const never = new AbortController().signal;
  const result = await runStage({
    playbook,
    inventory,
    modules: moduleRegistry,
    connect: connectTo(place),
    stateDirectory: place.stateDirectory,
    migration: "example",
    stage: "main",
    rollback: false,
    checkMode: false,
    extraVariables: {},
    tags: [],
    prompter: silentPrompter,
    operator: { user: "root", hostname: "here", machineId: "m", pid: process.pid },
    breakLock: false,
    listeners: [(event) => events.push(event)],
    stopping: never,
    signal: never,
    ...more,
  });
  return { result, events, tasks: finishedTasks(events) };
}

/** A prompter with nobody before it. */
export const silentPrompter: Prompter = {
  confirm: () => Promise.reject(new Refused("nobody to ask")),
  input: () => Promise.reject(new Refused("nobody to ask")),
  typed: () => Promise.reject(new Refused("nobody to ask")),
  select: () => Promise.reject(new Refused("nobody to ask")),
};

function finishedTasks(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "task-finished" ? [`${event.host}: ${event.task.name}: ${event.outcome.status}`] : [],
  );
}

function inventoryOf(place: Place): Inventory {
  const host = (name: "alpha" | "beta" | "control", groups: string[]): [string, InventoryHost] => [
    name,
    {
      name,
      place: { file: "inventory.yml", line: 1, column: 1 },
      groups,
      variables: { colour: `${name}-colour` },
      spec: { name, connection: "ssh", address: place.hosts[name].address },
      become: false,
      becomeUser: "root",
    },
  ];
  return {
    file: "inventory.yml",
    hosts: new Map([host("alpha", ["old"]), host("beta", ["new"]), host("control", [])]),
    groups: new Map([
      ["all", ["alpha", "beta"]],
      ["old", ["alpha"]],
      ["new", ["beta"]],
      ["control", ["control"]],
    ]),
  };
}

function connectTo(place: Place): Connect {
  return async (spec): Promise<HostConnection> => {
    const fake = place.hosts[spec.name as keyof Place["hosts"]];
    return { spec, as: async () => withJobs(fake), close: async () => {} };
  };
}

// A job of the fake host is over as soon as it is started.
function withJobs(fake: FakeHost): HostWriter & JobHost {
  const jobs = new Map<string, JobSpec>();
  const more: JobHost = {
    startJob: async (id, spec) => void jobs.set(id, spec),
    followJob: async (id) => {
      const spec = jobs.get(id);
      return spec === undefined ? undefined : fake.runJob({ ...spec, accept: "any" });
    },
    cancelJob: async (id) => void jobs.delete(id),
    removeJob: async (id) => void jobs.delete(id),
    listJobs: async () => [...jobs.keys()],
  };
  return new Proxy(fake as unknown as HostWriter & JobHost, {
    get: (_target, word) => {
      if (Object.hasOwn(more, word)) return Reflect.get(more, word);
      const value: unknown = Reflect.get(fake, word, fake);
      return typeof value === "function" ? value.bind(fake) : value;
    },
  });
}

// The lock's script makes its file only when it is not there (noclobber).
function lockAnswer(call: { argv: readonly string[]; options: { stdin?: unknown } }, host: FakeHost) {
  if (call.argv[2]?.includes("cmp -s")) {
    const held = host.tree.read("/var/lib/mailferry/lock")?.toString();
    if (held === String(call.options.stdin)) host.tree.entries.delete("/var/lib/mailferry/lock");
    return "";
  }
  if (!call.argv[2]?.includes("set -C")) return undefined;
  if (host.tree.read("/var/lib/mailferry/lock") !== undefined) return { exitCode: 1 };
  host.tree.write("/var/lib/mailferry/lock", Buffer.from(String(call.options.stdin)), {});
  return "";
}
