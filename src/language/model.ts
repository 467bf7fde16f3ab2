import type { HostSpec } from "../contract/connection.ts";
import type { Place, Problem } from "../contract/errors.ts";
import type { Json, JsonObject, JsonSchema } from "../contract/json.ts";

/** Text that is still to be rendered or evaluated, and where it stands. */
export interface Source {
  readonly text: string;
  readonly place: Place;
}

/** Raw values in which strings are templates, with the place of each by JSON pointer ("/vars/x"). */
export interface TemplateValues {
  readonly values: JsonObject;
  placeOf(pointer: string): Place;
}

export interface InventoryHost {
  readonly name: string;
  readonly place: Place;
  readonly groups: readonly string[];
  /** Variables of `all`, its groups (parents first) and itself, merged, not yet rendered. */
  readonly variables: JsonObject;
  /** How to reach it; `control` is always there with connection "local". */
  readonly spec: HostSpec;
  /** become, as the inventory sets it for the host. */
  readonly become: boolean;
  readonly becomeUser: string;
  readonly becomePassword?: import("../contract/secret.ts").Secret | undefined;
}

export interface Inventory {
  readonly file: string;
  readonly hosts: ReadonlyMap<string, InventoryHost>;
  /** Host names by group, in the order of the file; `all` is there (without `control`), `control` too. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** What is doubtful in it and does not stop a run. */
  readonly warnings?: readonly Problem[] | undefined;
}

export interface Playbook {
  readonly file: string;
  readonly name: string;
  readonly vars: JsonObject;
  readonly stages: readonly Stage[];
}

export interface Requirement {
  readonly stage: string;
  readonly place?: Place | undefined;
  /** The required stage must have been done at most this long ago. */
  readonly withinSeconds?: number | undefined;
}

export interface Stage {
  readonly name: string;
  readonly place: Place;
  readonly description?: string | undefined;
  /** True: meant to be run as often as one likes (it is never "already done"). */
  readonly repeatable: boolean;
  readonly requires: readonly Requirement[];
  /** A template; the person types the rendered name of the old host to go on. */
  readonly confirm?: Source | undefined;
  readonly plays: readonly Play[];
  readonly rollback: readonly Play[];
}

export interface Play {
  readonly name: string;
  readonly place: Place;
  /** Host pattern: a group, a host, or several with commas. A template. */
  readonly hosts: Source;
  readonly gatherFacts: boolean;
  readonly vars: JsonObject;
  readonly become?: boolean | undefined;
  readonly becomeUser?: string | undefined;
  readonly tags: readonly string[];
  /** pre_tasks, roles, tasks, post_tasks in this order. */
  readonly tasks: readonly TaskNode[];
  readonly handlers: readonly Task[];
}

/** The role a task belongs to: what its variables and its files are looked up in. */
export interface RoleScope {
  readonly name: string;
  readonly directory: string;
  readonly defaults: JsonObject;
  /** Variables given where the role is used. */
  readonly parameters: JsonObject;
  /** `arguments.yml`, or undefined. Checked by the engine once per host before the role's first task. */
  readonly argumentsSchema?: JsonSchema | undefined;
}

/** Words that a task and a block share; a task has its blocks' words merged in by the engine, outermost first. */
export interface TaskWords {
  readonly name?: string | undefined;
  readonly place: Place;
  readonly when: readonly Source[];
  readonly vars: JsonObject;
  readonly tags: readonly string[];
  readonly become?: boolean | undefined;
  readonly becomeUser?: string | undefined;
  readonly delegateTo?: Source | undefined;
  readonly noLog?: boolean | undefined;
  readonly ignoreErrors?: boolean | undefined;
  readonly runOnce?: boolean | undefined;
  readonly role?: RoleScope | undefined;
}

export interface Task extends TaskWords {
  readonly kind: "task";
  /** Stays the same as long as the task stays in its place: `role:entry:index` path within the stage. Fit for a job's name. */
  readonly id: string;
  readonly module: string;
  /** Templates; validated against the module's schema after rendering, and before it where no template stands. */
  readonly args: TemplateValues;
  readonly register?: string | undefined;
  /** A list, or a template that gives one. */
  readonly loop?: Json | undefined;
  /** Where the loop's text begins. */
  readonly loopPlace?: Place | undefined;
  readonly loopVar: string;
  /** A template for what is shown of an item. */
  readonly loopLabel?: Source | undefined;
  readonly notify: readonly string[];
  readonly listen: readonly string[];
  readonly until?: Source | undefined;
  readonly retries: number;
  readonly delaySeconds: number;
  readonly changedWhen?: Source | undefined;
  readonly failedWhen?: Source | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** false runs the task for real even in check mode; true never applies it. */
  readonly checkMode?: boolean | undefined;
}

/** block/rescue/always; also what a role, include_tasks and include_role become. */
export interface Block extends TaskWords {
  readonly kind: "block";
  readonly block: readonly TaskNode[];
  readonly rescue: readonly TaskNode[];
  readonly always: readonly TaskNode[];
}

export type TaskNode = Task | Block;
