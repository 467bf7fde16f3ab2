import type { Place } from "../../contract/errors.ts";
import type { Json, JsonObject, JsonSchema } from "../../contract/json.ts";
import type { RoleScope } from "./role.ts";
import type { Amount, Flag, Source } from "./source.ts";
import type { Task, TaskNode } from "./task.ts";
import type { InheritedWords } from "./words.ts";

/** A playbook with everything that it imports in its place. */
export interface Playbook {
  readonly file: string;
  readonly name: string;
  readonly vars: JsonObject;
  /** What the variables have to be like, and where that is written. */
  readonly varsSchema?: { readonly schema: JsonSchema; readonly place: Place } | undefined;
  readonly stages: readonly Stage[];
  /** True: it is run with `--domains`, and each list of domains is a move of its own. */
  readonly movesDomains?: boolean | undefined;
  /** Why it can't do without a login as root. */
  readonly rootLogin?: string | undefined;
}

/** A stage that has to be done before another may begin. */
export interface Requirement {
  readonly stage: string;
  readonly place?: Place | undefined;
  /** The required stage must have been done at most this long ago. */
  readonly withinSeconds?: number | undefined;
}

/** A phase that a person starts. */
export interface Stage {
  readonly name: string;
  readonly place: Place;
  readonly description?: string | undefined;
  /** True: meant to be run as often as one likes (it is never "already done"). */
  readonly repeatable: boolean;
  readonly requires: readonly Requirement[];
  /** True for a playbook that is a list of plays, as Ansible has it. */
  readonly isPlainList?: boolean | undefined;
  /** A template; the person types the name of the host that stops to go on: old, or new where the stage undoes others. */
  readonly confirm?: Source | undefined;
  readonly plays: readonly Play[];
  readonly rollback: readonly Play[];
  /** Of the way back behind the opening: the stages that are not done any more once it is. Empty for every other stage. */
  readonly undoes: readonly string[];
}

/** Tasks for a set of hosts. */
export interface Play extends InheritedWords {
  readonly name: string;
  readonly place: Place;
  /** Host pattern: a group, a host, or several with commas. A template. */
  readonly hosts: Source;
  /**
   * What is found out about the hosts when the play begins: `missing` facts, all of them `anew`, or `nothing`, and then
   * a host is connected to by its first task.
   */
  readonly gatherFacts: "missing" | "anew" | "nothing" | Source;
  readonly varsFiles: readonly VarsFile[];
  readonly prompts: readonly VarsPrompt[];
  /** How many hosts go through the play together; empty for all. The last size counts for all batches that follow. */
  readonly serial: readonly (BatchSize | Source)[];
  readonly order: HostOrder;
  /** linear: each task on all hosts, then the next. free: each host at its own pace. */
  readonly strategy: "linear" | "free";
  /** The play stops for all when more of a batch failed. */
  readonly maxFailPercentage?: Amount | undefined;
  /** Notified handlers run on failed hosts too. */
  readonly forceHandlers: Flag;
  /** Roles whose variables all tasks of the play see (`public`). */
  readonly publicRoles: readonly RoleScope[];
  /** pre_tasks, roles, tasks, post_tasks in this order, with a flush of the handlers behind each part. */
  readonly tasks: readonly TaskNode[];
  readonly handlers: readonly Task[];
}

/** An entry of `vars_files`: of several candidates the first that is there counts. */
export interface VarsFile {
  readonly place: Place;
  /** The names as they are written, relative to the playbook. */
  readonly candidates: readonly Source[];
  /** What it holds; undefined where a name is a template, which each host renders for itself. */
  readonly values?: JsonObject | undefined;
}

/** An entry of `vars_prompt`: a variable that the person is asked for when the play begins. */
export interface VarsPrompt {
  readonly name: string;
  readonly message: string;
  readonly default?: Json | undefined;
  /** True where what is typed is not shown, and masked from then on. */
  readonly isPrivate: boolean;
  /** True where it has to be typed twice. */
  readonly confirm: boolean;
}

/** A number of hosts, or a per cent value of all hosts of the play. */
export type BatchSize = { readonly hosts: number } | { readonly percent: number };

/** In which order the hosts of a play take their turns. */
export type HostOrder = "inventory" | "reverse_inventory" | "sorted" | "reverse_sorted" | "shuffle";
