import { resolve } from "node:path";
import { BadInput, type Problem } from "../contract/errors.ts";
import type { TaskModule } from "../contract/module.ts";
import { type Keyring, noKeys } from "../secrets/keyring.ts";
import type { RoleScope } from "./model/role.ts";
import type { Source } from "./model/source.ts";
import type { Task, TaskNode } from "./model/task.ts";
import type { OutlineEntry } from "./outline.ts";
import type { PlaybookContext } from "./playbook-context.ts";
import { readYaml, type YamlFile } from "./yaml/read-yaml.ts";
import type { Spot } from "./yaml/spot.ts";

/** A name that a task notifies, and where. */
export interface Notification {
  readonly name: string;
  readonly spot: Spot;
}

/** What the parts of one playbook's reading share. Problems are gathered, so that all are told at once. */
export interface Reading {
  readonly registry: PlaybookContext["modules"];
  readonly roleDirectories: PlaybookContext["roleDirectories"];
  readonly inventory: PlaybookContext["inventory"];
  readonly keyring: Keyring;
  readonly problems: Problem[];
  /** Where each task begins and what leads to it. */
  readonly outline: OutlineEntry[];
  /** Reads tasks; handed round because roles and includes hold tasks, and tasks hold them. */
  readonly readTasks: (spots: readonly Spot[], scope: TaskScope) => Promise<TaskNode[]>;
  /** The file, read once; undefined when it can't be used, which is then among the problems. */
  yaml(file: string): Promise<YamlFile | undefined>;
  module(name: string): Promise<TaskModule | undefined>;
  /** The same without what was read so far: for what is only known during a run. */
  anew(): Reading;
  /** The modules that were used. */
  readonly modules: ReadonlyMap<string, TaskModule>;
}

/** Where a list of tasks stands. */
export interface TaskScope {
  /** Begins the ids of the tasks: "p1.tasks". */
  readonly id: string;
  /** What relative file names are relative to. */
  readonly directory: string;
  /** Included files must be inside it. */
  readonly boundary: string;
  readonly role?: RoleScope | undefined;
  /** The way here for a person, outermost first: the play, roles, includes. */
  readonly chain: readonly string[];
  /** Task files that are being read, outermost first, as absolute paths. */
  readonly stack: readonly string[];
  readonly play: PlayNotes;
  /** Roles whose dependencies are being read, as directories, the first that depends first. */
  readonly dependents: readonly string[];
  /** In how many includes it stands whose names were only known during the run. */
  readonly depth: number;
  /** `module_defaults` round the tasks: arguments by the module's name. */
  readonly moduleDefaults: ReadonlyMap<string, Spot>;
}

/** What is gathered over one play. */
export interface PlayNotes {
  readonly notifications: Notification[];
  /** Handlers by the role that brings them. */
  readonly roleHandlers: Map<string, readonly Task[]>;
  readonly publicRoles: RoleScope[];
  /** The names of includes that are read during the run. */
  readonly lateIncludes: Spot[];
  /** The play's host pattern. */
  readonly hosts: Source;
}

/** Starts reading a playbook. */
export function startReading(
  context: PlaybookContext,
  readTasks: (reading: Reading) => Reading["readTasks"],
): Reading {
  const { modules: registry, roleDirectories, inventory, keyring = noKeys } = context;
  const problems: Problem[] = [];
  const files = new Map<string, Promise<YamlFile | undefined>>();
  const modules = new Map<string, TaskModule>();

  async function readGathering(file: string): Promise<YamlFile | undefined> {
    try {
      return await readYaml(file, keyring);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  }

  async function loadModule(name: string): Promise<TaskModule | undefined> {
    const module = modules.get(name) ?? (await registry.load(name));
    if (module !== undefined) modules.set(name, module);
    return module;
  }

  const reading: Reading = {
    registry,
    roleDirectories,
    inventory,
    keyring,
    problems,
    outline: [],
    readTasks: (spots, scope) => readTasks(reading)(spots, scope),
    yaml: (file) => once(files, resolve(file), () => readGathering(file)),
    module: loadModule,
    modules,
    anew: () => startReading(context, readTasks),
  };
  return reading;
}

function once<Key, Value>(made: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = made.get(key);
  if (known !== undefined) return known;
  const value = make();
  made.set(key, value);
  return value;
}
