import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connect, HostConnection, JobHost } from "../../../src/contract/connection.ts";
import { Refused } from "../../../src/contract/errors.ts";
import type { RunEvent } from "../../../src/contract/events.ts";
import type { HostWriter, JobSpec } from "../../../src/contract/host.ts";
import type { Prompter } from "../../../src/contract/prompter.ts";
import { temporaryDirectory } from "../../../src/contract/testing/temporary-directory.ts";
import type { RunRequest, RunResult } from "../../../src/engine/request.ts";
import { runStage } from "../../../src/engine/run-stage.ts";
import { loadPlaybook } from "../../../src/language/load-playbook.ts";
import type { Inventory, InventoryHost } from "../../../src/language/model/inventory.ts";
import { moduleRegistry } from "../../../src/modules/registry.ts";
import { FakeHost } from "../../../src/modules/testing/fake-host.ts";

/** A place to run playbooks in: fake hosts `alpha` (old) and `beta` (new), perhaps more (group `web`), and a state directory that stays. */
export interface Place {
  readonly hosts: Readonly<Record<"alpha" | "beta" | "control", FakeHost>>;
  /** The hosts of group `web`, by name. */
  readonly web: ReadonlyMap<string, FakeHost>;
  /** Commands whose jobs don't end: words of their argv. */
  readonly endless: Set<string>;
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

export function makePlace(web: readonly string[] = []): Place {
  const directory = temporaryDirectory();
  const machine = (name: string) => ({
    name,
    address: `192.0.2.${name.length}`,
    facts: { machine_id: name },
    files: { "/var/lib/mailferry/latches/.keep": "", "/etc/hostname": name, "/.keep": "" },
    commands: [
      { argv: ["sh", "-c"], answer: lockAnswer },
      { argv: ["install"], answer: "" },
      { argv: ["sync"], answer: "" },
      { argv: ["cat", "/proc/net/tcp"], answer: "" },
    ],
  });
  return {
    directory,
    endless: new Set(),
    stateDirectory: join(directory, "state"),
    hosts: {
      alpha: new FakeHost(machine("alpha")),
      beta: new FakeHost(machine("beta")),
      control: new FakeHost(machine("control")),
    },
    web: new Map(web.map((name) => [name, new FakeHost(machine(name))])),
  };
}

/** Runs a stage of a playbook given as YAML. */
export async function run(place: Place, yaml: string, more: Partial<RunRequest> = {}): Promise<Ran> {
  const events: RunEvent[] = [];
  const request = await requestFor(place, yaml, { listeners: [(event) => events.push(event)], ...more });
  const result = await runStage(request);
  return { result, events, tasks: finishedTasks(events) };
}

/** What a run of such a playbook is asked for with. */
export async function requestFor(
  place: Place,
  yaml: string,
  more: Partial<RunRequest> = {},
): Promise<RunRequest> {
  const file = join(place.directory, "playbook.yml");
  writeFileSync(file, yaml);
  const inventory = inventoryOf(place);
  const { playbook } = await loadPlaybook(file, {
    modules: moduleRegistry,
    roleDirectories: [join(place.directory, "roles")],
    inventory,
    extraVariables: Object.keys(more.extraVariables ?? {}),
  });
  const never = new AbortController().signal;
  return {
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
    operator: { user: "root", uid: process.geteuid?.(), hostname: "here", machineId: "m", pid: process.pid },
    breakLock: false,
    listeners: [],
    stopping: never,
    signal: never,
    ...more,
  };
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

/** The inventory of the place's hosts. */
export function inventoryOf(place: Place): Inventory {
  const web = [...place.web.keys()];
  const host = (name: string, groups: string[]): [string, InventoryHost] => [
    name,
    {
      name,
      place: { file: "inventory.yml", line: 1, column: 1 },
      groups,
      variables: { colour: `${name}-colour` },
      spec: { name, connection: "ssh", address: fakeHost(place, name).address },
      become: false,
      becomeUser: "root",
    },
  ];
  return {
    file: "inventory.yml",
    hosts: new Map([
      host("alpha", ["old"]),
      host("beta", ["new"]),
      ...web.map((name) => host(name, ["web"])),
      host("control", []),
    ]),
    groups: new Map([
      ["all", ["alpha", "beta", ...web]],
      ["web", web],
      ["old", ["alpha"]],
      ["new", ["beta"]],
      ["control", ["control"]],
    ]),
  };
}

/** A host of the place by its name. */
export function fakeHost(place: Place, name: string): FakeHost {
  const host = place.web.get(name) ?? place.hosts[name as keyof Place["hosts"]];
  if (host === undefined) throw new Error(`there is no fake host ${name}`);
  return host;
}

/** Connects to the place's hosts. */
export function connectTo(place: Place): Connect {
  return async (spec): Promise<HostConnection> => {
    const fake = fakeHost(place, spec.name);
    return {
      spec,
      as: async () => withJobs(fake, place.endless),
      facts: async () => fake.facts,
      close: async () => {},
    };
  };
}

const jobsOf = new WeakMap<FakeHost, Map<string, JobSpec>>();

// A job of the fake host is over as soon as it is started.
function withJobs(fake: FakeHost, endless: ReadonlySet<string>): HostWriter & JobHost {
  const jobs = jobsOf.get(fake) ?? new Map<string, JobSpec>();
  jobsOf.set(fake, jobs);
  const more: JobHost = {
    startJob: async (id, spec) => void jobs.set(id, spec),
    followJob: async (id) => {
      const spec = jobs.get(id);
      return spec === undefined ? undefined : fake.runJob({ ...spec, accept: "any" });
    },
    lookAtJob: async (id) => {
      const spec = jobs.get(id);
      if (spec === undefined) return undefined;
      if (spec.argv.some((word) => endless.has(word))) return { isRunning: true };
      return { isRunning: false, result: await fake.runJob({ ...spec, accept: "any" }) };
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

/** What a host answers to the lock's scripts: the file is made only when it is not there. */
export function lockAnswer(call: { argv: readonly string[]; options: { stdin?: unknown } }, host: FakeHost) {
  if (call.argv[2]?.includes("cmp -s")) {
    const held = host.tree.read("/var/lib/mailferry/lock")?.toString();
    if (held === String(call.options.stdin)) host.tree.entries.delete("/var/lib/mailferry/lock");
    return "";
  }
  if (!call.argv[2]?.includes("/lock.XXX")) return undefined;
  if (host.tree.read("/var/lib/mailferry/lock") !== undefined) return { exitCode: 1 };
  host.tree.write("/var/lib/mailferry/lock", Buffer.from(String(call.options.stdin)), {});
  return "";
}
