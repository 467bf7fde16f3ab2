import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, normalize, sep } from "node:path";
import { BadInput, Failure } from "../contract/errors.ts";
import type { HostWriter, Variables } from "../contract/host.ts";
import type { ApplyContext } from "../contract/module.ts";
import { evaluateCondition, evaluateSource } from "../expression/condition.ts";
import { renderText } from "../expression/template.ts";
import type { Task } from "../language/model/task.ts";
import { readVariableFiles } from "../language/variable-files.ts";
import { type Keyring, noKeys } from "../secrets/keyring.ts";
import { sealedFormatOf } from "../secrets/sealed-text.ts";
import { controlPath, writeControlFile } from "./control-file.ts";
import type { ConnectedHost } from "./hosts.ts";
import { bindJobs } from "./job-binding.ts";
import type { RunScope } from "./scope.ts";
import type { Settled } from "./settle-words.ts";
import { referenceOf } from "./task-events.ts";

/** What one task on one host hands to its module. */
export interface TaskAt {
  readonly task: Settled<Task>;
  /** The host whose variables are used. */
  readonly host: string;
  readonly variables: Variables;
  readonly signal: AbortSignal;
  /** The host that does the work. */
  readonly executor: string;
  /** The job that does its work, where there is one (`async`). */
  readonly job?: KeptJob | undefined;
  /** Tells how far the module has come. */
  progress: ApplyContext["progress"];
}

/** What is kept of a job for a run that resumes this one. */
export interface KeptJob {
  /** The one that an earlier run was about to start; given out once. */
  before(): string | undefined;
  begins(id: string): void;
}

/** Makes the context of a module's `check`, `look` and `apply`. */
export function contextFor(scope: RunScope, at: TaskAt): ApplyContext {
  const { request } = scope;
  const { keyring = noKeys } = request;
  return {
    signal: at.signal,
    checkMode: at.task.checkMode ?? request.checkMode,
    migration: request.migration,
    stage: request.stage,
    sides: { old: request.inventory.groups.get("old") ?? [], new: request.inventory.groups.get("new") ?? [] },
    latches: scope.latches(),
    prompter: request.prompter,
    progress: at.progress,
    output: (lines) => showOutput(scope, at, lines),
    notice: (text) => scope.emit({ type: "notice", host: at.host, text }),
    peer: (name) => scope.hosts.reach(name),
    peerToChange: async (name) => bindJobs(scope, await scope.hosts.reach(name), at.task.id, at.signal),
    openDataLink: (wanted) => scope.links().open(wanted),
    workPath: workPath(request.migration),
    workDirectory: (host) => workDirectory(host, request.migration),
    runFile: async (name) => scope.runFiles.place(fileName(name)),
    lastRunFile: async (name) => scope.runFiles.newest(fileName(name)),
    controlPath: (path) => controlPath(path, dirname(request.playbook.file)),
    writeControlFile,
    readProjectFile: async (name, kind) =>
      readOpened(findProjectFile(at.task, dirname(request.playbook.file), name, kind), keyring),
    readVariables: (wanted) =>
      readVariableFiles(wanted, {
        role: at.task.role,
        playbookDirectory: dirname(request.playbook.file),
        keyring,
        place: at.task.place,
      }),
    renderTemplate: (text, file) => renderText(text, at.variables, file),
    jobState: async (id) => (await executorOf(scope, at)).lookAtJob(id),
    forgetJob: (id) => forgetJob(scope, at, id),
    followJob: async (id) => (await executorOf(scope, at)).followJob(id, { signal: at.signal }),
    listJobs: async (prefix) => (await executorOf(scope, at)).listJobs(prefix),
    startJob: async (id, spec) => (await executorOf(scope, at)).startJob(id, spec),
    endJob: async (id, takeAway) => {
      const host = await executorOf(scope, at);
      await host.cancelJob(id);
      await takeAway();
      await host.removeJob(id);
    },
    evaluate: (text) => evaluateCondition({ text, place: at.task.place }, at.variables),
    lookUp: (text) => evaluateSource({ text, place: at.task.place }, at.variables),
  };
}

function showOutput(scope: RunScope, { task, host }: TaskAt, lines: readonly string[]): void {
  if (!scope.request.showsOutput || task.noLog) return;
  scope.emit({ type: "task-output", task: referenceOf(task), host, lines });
}

/** The host that does the work, as the user that the task becomes. */
function executorOf(scope: RunScope, { executor, task }: TaskAt): Promise<ConnectedHost> {
  return scope.hosts.reach(executor, task);
}

async function forgetJob(scope: RunScope, at: TaskAt, id: string): Promise<void> {
  if (at.task.checkMode ?? scope.request.checkMode) return;
  const host = await executorOf(scope, at);
  await host.removeJob(id);
  scope.record.add({ type: "job-collected", task: id, host: host.name, job: id });
}

function workPath(migration: string): string {
  return `/var/lib/mailferry/${migration}`;
}

async function workDirectory(host: HostWriter, migration: string): Promise<string> {
  const directory = workPath(migration);
  await host.run(["install", "-d", "-m", "0700", "--", "/var/lib/mailferry", directory]);
  return directory;
}

function fileName(name: string): string {
  if (name !== "" && name === basename(name) && !name.startsWith(".")) return name;
  throw new Failure("bad-input", `"${name}" is not fit for a file name`, {
    next: "Use letters, digits, dots and dashes.",
  });
}

/** A file's bytes; of one that is encrypted what is in it, line by line a secret. */
async function readOpened(file: string, keyring: Keyring): Promise<Buffer> {
  const bytes = await readFile(file);
  if (sealedFormatOf(bytes.subarray(0, 64).toString("latin1")) === undefined) return bytes;
  const opened = await keyring.open(bytes.toString("latin1"), { file, line: 1, column: 1 });
  keyring.remember(opened.toString("utf8"));
  return opened;
}

function findProjectFile(
  task: Task,
  playbookDirectory: string,
  name: string,
  kind: "files" | "templates",
): string {
  const places = [...(task.role === undefined ? [] : [task.role.directory]), playbookDirectory];
  const inside = normalize(name);
  const leadsOut = inside === ".." || inside.startsWith(`..${sep}`) || inside.startsWith(sep);
  const candidates = leadsOut
    ? []
    : places.flatMap((place) => [join(place, kind, inside), join(place, inside)]);
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new BadInput([
    {
      message: leadsOut ? `"${name}" leads out of the project` : `there is no file "${name}" in ${kind}/`,
      place: task.place,
      hint: `Put it into ${join(places[0] ?? ".", kind)}/ and name it by its path from there.`,
    },
  ]);
}
