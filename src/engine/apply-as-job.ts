import { randomBytes } from "node:crypto";
import type { Applied, Change } from "../contract/change.ts";
import { BadInput, CommandFailed, Failure } from "../contract/errors.ts";
import type { JobSpec } from "../contract/host.ts";
import type { ChangingModule, LookContext } from "../contract/module.ts";
import { secondsOf } from "./amount.ts";
import type { TaskAt } from "./context.ts";
import type { ConnectedHost } from "./hosts.ts";
import type { RunScope } from "./scope.ts";

const defaultPollSeconds = 15;

/** How the coreutils' `timeout` says that the time was up. */
const timeIsUp = 124;

/** What is to be done, and where. */
interface Work {
  readonly module: ChangingModule<unknown, Change>;
  readonly found: Change;
  readonly host: ConnectedHost;
  readonly context: LookContext;
}

/** Whether the task's work is a job of its own. As in Ansible, `async: 0` is none. */
export function isAsync({ task, variables }: TaskAt): boolean {
  return task.async !== undefined && secondsOf(task.async, variables) > 0;
}

/**
 * Starts the work as a job that ends with its time (`async`). With `poll: 0` nobody waits for it: `async_status` asks by
 * its `job_id`. Otherwise it is followed to its end; a lost link is made again meanwhile.
 */
export async function applyAsJob(
  scope: RunScope,
  at: TaskAt,
  { module, found, host, context }: Work,
): Promise<Applied> {
  const { task, variables } = at;
  if (module.asJob === undefined) throw notAsync(at);
  const limit = secondsOf(task.async ?? 0, variables);
  const poll = task.poll === undefined ? defaultPollSeconds : secondsOf(task.poll, variables);
  const spec = within(limit, module.asJob.job(found));
  const id = (await startedBefore(at, host)) ?? (await start(scope, at, host, spec));
  const started = { job_id: id, started: true };
  if (poll === 0) return { result: { ...started, finished: false, job_status: "running" } };
  const onLine = (line: string) => context.output([line]);
  const ended = await host.followJob(id, { onLine, signal: at.signal });
  if (ended === undefined) throw gone(id, host.name);
  await host.removeJob(id);
  scope.record.add({ type: "job-collected", task: id, host: host.name, job: id });
  const result = { ...module.asJob.result(ended), ...started, finished: true, job_status: "ended" };
  if (ended.exitCode === timeIsUp) throw tooLong(limit, at, result);
  if (ended.exitCode !== 0) throw new CommandFailed(spec.argv.slice(3), ended, { host: host.name, result });
  return { result };
}

async function start(
  scope: RunScope,
  { job, task }: TaskAt,
  host: ConnectedHost,
  spec: JobSpec,
): Promise<string> {
  const id = `async-${randomBytes(6).toString("hex")}`;
  job?.begins(id);
  const names = { user: host.facts.user, asyncTask: nameFor(scope, task) };
  scope.record.add({ type: "job-started", task: id, host: host.name, job: id, ...names });
  await host.startJob(id, spec);
  return id;
}

/** The journal is kept: a name that holds a secret stays out of it. */
function nameFor({ request }: RunScope, { name, module }: TaskAt["task"]): string {
  const known = name ?? module;
  return request.holdsSecret?.(known) ? module : known;
}

/** The job that the run which is resumed had started for this very turn: it is not started twice. */
async function startedBefore({ job }: TaskAt, host: ConnectedHost): Promise<string | undefined> {
  const id = job?.before();
  if (id === undefined || (await host.lookAtJob(id)) === undefined) return undefined;
  return id;
}

/** The job with a time after which the host ends it, whoever is still there to look. */
function within(seconds: number, spec: JobSpec): JobSpec {
  return { ...spec, argv: ["timeout", "--kill-after=10", String(seconds), ...spec.argv] };
}

function tooLong(limit: number, { host, task }: TaskAt, result: Failure["result"]): Failure {
  const message = `it did not end within ${limit} s, which is its \`async\``;
  return new Failure("task-failed", message, { host, place: task.place, result });
}

function notAsync({ task }: TaskAt): BadInput {
  return new BadInput([{ message: `\`${task.module}\` can't be async`, place: task.place }]);
}

function gone(id: string, host: string): Failure {
  return new Failure("task-failed", `the job ${id} is gone from ${host}, and nobody knows how it ended`, {
    host,
    next: "Look on the host what it has done.",
  });
}
