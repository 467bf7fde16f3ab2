import type { Applied, Change, Look } from "./change.ts";
import type { DataLink, DataLinkRequest } from "./data-link.ts";
import type { HostReader, HostWriter } from "./host.ts";
import type { Json, JsonSchema } from "./json.ts";
import type { Latches, LatchReader } from "./latch.ts";
import type { Progress } from "./progress.ts";
import type { Prompter } from "./prompter.ts";

/** What every module may use beside its host, and that changes nothing on any host. */
export interface LookContext {
  readonly signal: AbortSignal;
  /** True in check mode, where only `check` and `look` run. */
  readonly checkMode: boolean;
  /** The migration's name: inventory and playbook. Fit for a file name. */
  readonly migration: string;
  /** The stage's name. */
  readonly stage: string;
  /** Another host of the inventory, connected, to be looked at. Throws Unreachable. */
  peer(name: string): Promise<HostReader>;
  readonly latches: LatchReader;
  readonly prompter: Prompter;
  /** Shown live; never kept. */
  progress(progress: Progress): void;
  /** A line for the person who runs it. */
  notice(text: string): void;
  /**
   * The path of a file of this run on the controller (mode 0700 directory), for ledgers, proofs and checksums.
   * The name is fit for a file; directories are made.
   */
  runFile(name: string): Promise<string>;
  /** The newest file of that name over all runs of this migration, or undefined. */
  lastRunFile(name: string): Promise<string | undefined>;
  /**
   * A file that the playbook brings with it: looked up in `files` or `templates` of the task's role, then beside the
   * playbook. Throws BadInput when there is none, or when the name leads out of the project.
   */
  readProjectFile(name: string, kind: "files" | "templates"): Promise<Buffer>;
  /** Where Mailferry's own files lie on every host of this migration. It need not be there yet: `workDirectory` makes it. */
  readonly workPath: string;
  /** Renders a template with the task's variables. `file` is what an error names. Throws BadInput. */
  renderTemplate(text: string, file: string): string;
  /** Evaluates a condition (CEL) with the task's variables. Throws BadInput when it can't be, or gives no boolean. */
  evaluate(condition: string): boolean;
  /** The value of a variable or of a longer expression (CEL), for `debug: var`. Throws BadInput when there is none. */
  lookUp(expression: string): Json;
}

/** What `apply` may use beside its host. */
export interface ApplyContext extends LookContext {
  /** Another host of the inventory, connected, to be changed. */
  peerToChange(name: string): Promise<HostWriter>;
  readonly latches: Latches;
  /** Lets `target` read one directory of `source` by rsync over ssh, until the stage ends. */
  openDataLink(request: DataLinkRequest): Promise<DataLink>;
  /** The directory for Mailferry's own files on a host; made with mode 0700 when it is not there. */
  workDirectory(host: HostWriter): Promise<string>;
}

interface ModuleWords {
  /** The key of a task, in snake case. */
  readonly name: string;
  /** One sentence for the reference. */
  readonly description: string;
  /** A closed JSON Schema of the arguments (`additionalProperties: false`, every property described). */
  readonly args: JsonSchema;
  /** The property that a bare string stands for: `command: /bin/true` is `command: { cmd: /bin/true }`. */
  readonly shorthand?: string | undefined;
}

/** A module that changes a host: `check` finds what there is to do, `apply` does it. */
export interface ChangingModule<Args = never, Found extends Change = never> extends ModuleWords {
  readonly kind: "change";
  /** `unknown`: the module can't see in advance whether there is something to do (a command without `creates`). */
  readonly preview: "exact" | "unknown";
  /** Looks; undefined means "already so". */
  check(args: Args, host: HostReader, context: LookContext): Promise<Found | undefined>;
  apply(change: Found, host: HostWriter, context: ApplyContext): Promise<Applied>;
}

/** A module that only looks, asks or decides, and therefore runs in check mode too. Never reported as changed. */
export interface LookingModule<Args = never> extends ModuleWords {
  readonly kind: "look";
  look(args: Args, host: HostReader, context: LookContext): Promise<Look>;
}

/** Any module, as the engine holds it once the arguments are validated. */
export type TaskModule = ChangingModule<unknown, Change> | LookingModule<unknown>;

/** The modules by name. Loading is lazy: a run loads only what its playbook uses. */
export interface ModuleRegistry {
  readonly names: readonly string[];
  /** undefined for a name that is not known. */
  load(name: string): Promise<TaskModule | undefined>;
}

/** Types a changing module by its arguments and its change, and forgets them for the registry. */
export function changingModule<Args, Found extends Change>(
  module: Omit<ChangingModule<Args, Found>, "kind">,
): ChangingModule<Args, Found> {
  return { kind: "change", ...module };
}

/** Types a looking module by its arguments. */
export function lookingModule<Args>(module: Omit<LookingModule<Args>, "kind">): LookingModule<Args> {
  return { kind: "look", ...module };
}

/** Forgets a module's own types; sound because the engine validates the arguments against the module's schema first. */
export function registered<Args, Found extends Change>(
  module: ChangingModule<Args, Found> | LookingModule<Args>,
): TaskModule {
  return module as unknown as TaskModule;
}
