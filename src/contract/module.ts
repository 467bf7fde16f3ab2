import type { Applied, Change, Look } from "./change.ts";
import type { JobState } from "./connection.ts";
import type { DataLink, DataLinkRequest } from "./data-link.ts";
import type { CommandResult, HostReader, HostWriter, JobSpec } from "./host.ts";
import type { Json, JsonObject, JsonSchema } from "./json.ts";
import type { Latches, LatchReader } from "./latch.ts";
import type { Progress } from "./progress.ts";
import type { Prompter } from "./prompter.ts";
import type { Touch } from "./touch.ts";
import type { ReadVariables, VariableFiles } from "./variable-files.ts";

/** What every module may use beside its host, and that changes nothing on any host. */
export interface LookContext {
  readonly signal: AbortSignal;
  /** True in check mode, where only `check` and `look` run. */
  readonly checkMode: boolean;
  /** The migration's name: inventory and playbook. Fit for a file name. */
  readonly migration: string;
  /** The stage's name. */
  readonly stage: string;
  /** The names of the hosts on the two sides of the migration. */
  readonly sides: Readonly<Record<"old" | "new", readonly string[]>>;
  /** Another host of the inventory, connected, to be looked at. Throws Unreachable. */
  peer(name: string): Promise<HostReader>;
  readonly latches: LatchReader;
  readonly prompter: Prompter;
  /** Shown live; never kept. */
  progress(progress: Progress): void;
  /** Lines of a command's output while it runs. Shown live when the person wants it, never of a `no_log` task. */
  output(lines: readonly string[]): void;
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
  /** The absolute path of a file on the controller that a task names: relative ones count from the playbook, `~/` is the user's home. */
  controlPath(path: string): string;
  /** Where Mailferry's own files lie on every host of this migration. It need not be there yet: `workDirectory` makes it. */
  readonly workPath: string;
  /** Variables from files that the playbook brings with it. Throws BadInput. */
  readVariables(wanted: VariableFiles): Promise<ReadVariables>;
  /** Renders a template with the task's variables. `file` is what an error names. Throws BadInput. */
  renderTemplate(text: string, file: string): string;
  /** How far a job is that an `async` task started on the task's host; undefined when there is none of that id. */
  jobState(id: string): Promise<JobState | undefined>;
  /** Removes what an ended job left on the task's host. Check mode leaves it. */
  forgetJob(id: string): Promise<void>;
  /** Waits for a job on the task's host to end; undefined when there is none of that id. */
  followJob(id: string): Promise<CommandResult | undefined>;
  /** The ids of all jobs on the task's host that begin with `prefix`. */
  listJobs(prefix: string): Promise<readonly string[]>;
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
  /**
   * Replaces a file on the controller by what `fill` writes, once `fill` has come to its end; when it throws, what was
   * there stays. Directories are made; a new file is for its user alone.
   */
  writeControlFile(path: string, fill: (write: (bytes: Buffer) => void) => Promise<void>): Promise<void>;
  /**
   * Starts a job on the task's host that nobody waits for, not even the end of the stage: whoever wants what it comes to
   * knows its id. Nothing happens when a job of that id is there already, in any state.
   */
  startJob(id: string, spec: JobSpec): Promise<void>;
  /**
   * Ends such a job, with all it started; `takeAway` removes what it wrote elsewhere. The job is forgotten last: a run that is
   * killed in between leaves it for the next one to find.
   */
  endJob(id: string, takeAway: () => Promise<void>): Promise<void>;
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
  /**
   * What the change would write over, remove or cover on the host. Before it is applied, and in check mode too, the engine
   * asks the latches for what may be mail of it. Asked for only when they forbid something. A module that asks the latches
   * itself, or runs what a person wrote, names nothing.
   */
  touches(change: Found, host: HostReader): readonly Touch[] | Promise<readonly Touch[]>;
  apply(change: Found, host: HostWriter, context: ApplyContext): Promise<Applied>;
  /**
   * What `register` keeps of how things are now, in the same words whether or not there was something to do: asked for
   * when `check` found nothing (`found` is undefined then), behind `apply`, whose own result comes on top, and in check
   * mode, where that of the change does. Only when the result is read.
   */
  current?(args: Args, host: HostReader, context: LookContext, found?: Found): Promise<JsonObject>;
  /** Does the same as a job; with it a task of this module may be `async`. */
  readonly asJob?: JobForm<Found> | undefined;
}

/** How a change is made by a job that nobody has to wait for. */
export interface JobForm<Found extends Change> {
  job(change: Found): JobSpec;
  /** What `register` keeps of it once it has ended. */
  result(ended: CommandResult): JsonObject;
}

/** A module that only looks, asks or decides, and therefore runs in check mode too. Never reported as changed. */
export interface LookingModule<Args = never> extends ModuleWords {
  readonly kind: "look";
  /** Its answer guards mail: a resumed stage asks again, however lately it was asked. */
  readonly isGuard?: boolean | undefined;
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
