import type { Place, Problem } from "../../contract/errors.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import type { RoleScope } from "./role.ts";
import type { Amount, Source, TemplateValues } from "./source.ts";
import type { InheritedWords } from "./words.ts";

/** Words that a task and a block share; a task has its blocks' words merged in by the engine, outermost first. */
export interface TaskWords extends InheritedWords {
  readonly name?: string | undefined;
  readonly place: Place;
  readonly when: readonly Source[];
  readonly delegateTo?: Source | undefined;
  /** What is found out belongs to the host that the work was delegated to. */
  readonly delegateFacts?: boolean | undefined;
  /** Variables of the includes round it, outermost first. */
  readonly includeVars?: readonly JsonObject[] | undefined;
  /** What the loops of the includes round it give: data. */
  readonly loopItems?: JsonObject | undefined;
  readonly role?: RoleScope | undefined;
}

/** One call of a module, with the words that say for whom, when and how. */
export interface Task extends TaskWords {
  readonly kind: "task";
  /** The way to it for a person, outermost first: the play, roles, includes. */
  readonly chain?: readonly string[] | undefined;
  /** Stays the same as long as the task stays in its place: `role:entry:index` path within the stage. Fit for a job's name. */
  readonly id: string;
  readonly module: string;
  /** Templates; validated against the module's schema after rendering, and before it where no template stands. */
  readonly args: TemplateValues;
  readonly register?: string | undefined;
  /** What `include_vars` will set; "late" where that is only known during the run. */
  readonly included?: JsonObject | "late" | undefined;
  readonly loop?: Loop | undefined;
  readonly notify: readonly string[];
  readonly listen: readonly string[];
  /** All of them have to hold, of `changed_when` and `failed_when` too. */
  readonly until?: readonly Source[] | undefined;
  readonly retries?: Amount | undefined;
  readonly delay?: Amount | undefined;
  /** How long the work may take as a job of its own. */
  readonly async?: Amount | undefined;
  /** 0: nobody waits for the job. */
  readonly poll?: Amount | undefined;
  readonly changedWhen?: readonly Source[] | undefined;
  readonly failedWhen?: readonly Source[] | undefined;
}

/** How something runs once per item of a list. */
export interface Loop {
  /** A list, or a template that gives one. */
  readonly items: Json;
  /** Where the loop's text begins. */
  readonly place: Place;
  /** Where a part of the items stands, by its JSON pointer. */
  placeOf(pointer: string): Place;
  /** The variable that holds the item. */
  readonly variable: string;
  readonly indexVariable?: string | undefined;
  /** A template for what is shown of an item. */
  readonly label?: Source | undefined;
  /** Seconds between two items. */
  readonly pause?: Amount | undefined;
  /** Whether `loop_info` tells of the whole loop. */
  readonly isExtended: boolean;
}

/** block/rescue/always; also what a role, an import and an include become. */
export interface Block extends TaskWords {
  readonly kind: "block";
  /** An include has one. */
  readonly gate?: Gate | undefined;
  /** A use of a role that a host goes through only once in a play; equal uses have the same text. */
  readonly onceKey?: string | undefined;
  readonly block: readonly TaskNode[];
  readonly rescue: readonly TaskNode[];
  readonly always: readonly TaskNode[];
}

/**
 * The own words of an include. They decide whether a host goes into it: once, or in a loop once per item. What stands
 * inside does not have them.
 */
export interface Gate {
  readonly id: string;
  readonly word: "include_tasks" | "include_role";
  readonly when: readonly Source[];
  readonly tags: readonly string[];
  readonly vars: JsonObject;
  readonly loop?: Loop | undefined;
  /** Where a name is a template, what stands inside is read when a host comes to it. */
  readonly late?: LateInclude | undefined;
}

/** What an include reads when a host comes to it. */
export interface LateInclude {
  readonly names: readonly Source[];
  /** Reads what the rendered names stand for. Throws BadInput with every problem. */
  read(names: readonly string[]): Promise<LatePart>;
}

/** What was read during the run. */
export interface LatePart {
  readonly nodes: readonly TaskNode[];
  /** Handlers of roles that the play did not have before. */
  readonly handlers: readonly Task[];
  /** What the tasks notify, to be held against the handlers. */
  check(handlers: readonly Task[]): readonly Problem[];
}

/** What a `meta` task tells the engine itself. */
export type MetaAction =
  | "flush_handlers"
  | "end_play"
  | "end_host"
  | "end_batch"
  | "clear_host_errors"
  | "clear_facts"
  | "refresh_inventory"
  | "reset_connection"
  | "noop";

/** A task that is for the engine and calls no module. */
export interface Meta extends TaskWords {
  readonly kind: "meta";
  readonly id: string;
  readonly action: MetaAction;
  /** True for the flush of handlers that every part of a play ends with; nobody wrote it. */
  readonly implicit: boolean;
}

/** What a list of tasks is made of. */
export type TaskNode = Task | Block | Meta;
