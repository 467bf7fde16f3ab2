import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, normalize, sep } from "node:path";
import { BadInput, Failure } from "../contract/errors.ts";
import type { HostWriter, Variables } from "../contract/host.ts";
import type { ApplyContext } from "../contract/module.ts";
import { evaluateCondition, evaluateSource } from "../expression/condition.ts";
import { renderText } from "../expression/template.ts";
import type { Task } from "../language/model.ts";
import { openLink } from "./data-links.ts";
import { bindJobs } from "./job-binding.ts";
import type { RunScope } from "./scope.ts";

/** What one task on one host hands to its module. */
export interface TaskAt {
  readonly task: Task;
  /** The host whose variables are used. */
  readonly host: string;
  readonly variables: Variables;
  readonly signal: AbortSignal;
  /** Tells how far the module has come. */
  progress: ApplyContext["progress"];
}

/** Makes the context of a module's `check`, `look` and `apply`. */
export function contextFor(scope: RunScope, at: TaskAt): ApplyContext {
  const { request } = scope;
  return {
    signal: at.signal,
    checkMode: at.task.checkMode ?? request.checkMode,
    migration: request.migration,
    stage: request.stage,
    latches: scope.latches(),
    prompter: request.prompter,
    progress: at.progress,
    notice: (text) => scope.emit({ type: "notice", host: at.host, text }),
    peer: (name) => scope.hosts.reach(name),
    peerToChange: async (name) => bindJobs(scope, await scope.hosts.reach(name), at.task.id, at.signal),
    openDataLink: (wanted) => openLink(scope, wanted),
    workPath: workPath(request.migration),
    workDirectory: (host) => workDirectory(host, request.migration),
    runFile: async (name) => scope.runFiles.place(fileName(name)),
    lastRunFile: async (name) => scope.runFiles.newest(fileName(name)),
    readProjectFile: (name, kind) => readProjectFile(at.task, dirname(request.playbook.file), name, kind),
    renderTemplate: (text, file) => renderText(text, at.variables, file),
    evaluate: (text) => evaluateCondition({ text, place: at.task.place }, at.variables),
    lookUp: (text) => evaluateSource({ text, place: at.task.place }, at.variables),
  };
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

async function readProjectFile(
  task: Task,
  playbookDirectory: string,
  name: string,
  kind: "files" | "templates",
): Promise<Buffer> {
  const places = [...(task.role === undefined ? [] : [task.role.directory]), playbookDirectory];
  const inside = normalize(name);
  const leadsOut = inside === ".." || inside.startsWith(`..${sep}`) || inside.startsWith(sep);
  const candidates = leadsOut
    ? []
    : places.flatMap((place) => [join(place, kind, inside), join(place, inside)]);
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return readFile(found);
  throw new BadInput([
    {
      message: leadsOut ? `"${name}" leads out of the project` : `there is no file "${name}" in ${kind}/`,
      place: task.place,
      hint: `Put it into ${join(places[0] ?? ".", kind)}/ and name it by its path from there.`,
    },
  ]);
}
