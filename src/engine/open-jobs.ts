import { Failure } from "../contract/errors.ts";
import type { CommandResult } from "../contract/host.ts";
import { hostNamed } from "../language/inventory/host-pattern.ts";
import type { ConnectedHost } from "./hosts.ts";
import { orEnd } from "./job-binding.ts";
import type { RunScope } from "./scope.ts";
import type { OpenJob } from "./state.ts";

/**
 * Waits for the jobs that earlier controllers started and never collected. Their work goes on without
 * us; a second start beside them could do harm, and the stage's own tasks find out what they came to.
 * What an async task left stays for `async_status` to ask about, until the stage is done.
 */
export async function awaitOpenJobs(scope: RunScope): Promise<void> {
  for (const [job, open] of openJobs(scope)) {
    if (isAdded(scope, open)) {
      const text = `${open.host} is not in the inventory now: its job ${job} is not waited for`;
      scope.emit({ type: "notice", text });
      continue;
    }
    const host = await hostOf(scope, open);
    const isAsync = open.asyncTask !== undefined;
    if (isAsync && (await knowable(scope, host, () => host.lookAtJob(job)))?.isRunning === false) continue;
    const text = `waiting for the job ${job} that an earlier run left at work`;
    scope.emit({ type: "notice", host: host.name, text });
    const { signal } = scope.request;
    const follow = () => host.followJob(job, { signal });
    const ended = await knowable(scope, host, () =>
      open.endsWithRun === true ? orEnd(scope, host, job, signal, follow) : follow(),
    );
    if (!isAsync || ended === undefined) await forget(scope, host, job);
  }
}

/**
 * Whether the job lies on a host that a run had added (add_host): that host is not there before it is added again. In a
 * migration with stages a host that is gone may be one of its sides, and work that is under way there is waited for.
 */
function isAdded({ inventory, request }: RunScope, { host, asyncTask }: OpenJob): boolean {
  if (hostNamed(host, inventory.current().hosts) !== undefined) return false;
  const stage = request.playbook.stages.find((one) => one.name === request.stage);
  return asyncTask !== undefined || stage?.isPlainList === true;
}

/**
 * At the end of a stage: what its async tasks left on the hosts goes. A job that still runs, or that can't be asked about,
 * is given back as a failure: the stage is not done before its work is.
 */
export async function settleAsyncJobs(scope: RunScope): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const [job, open] of openJobs(scope)) {
    if (open.asyncTask === undefined || isAdded(scope, open)) continue;
    try {
      await settle(scope, job, open);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { host, next } = error;
      scope.emit({ type: "notice", host, text: [error.message, next].filter(Boolean).join(". ") });
      failures.push(error);
    }
  }
  return failures;
}

async function settle(scope: RunScope, job: string, open: OpenJob): Promise<void> {
  const host = await hostOf(scope, open);
  const state = await knowable(scope, host, () => host.lookAtJob(job));
  if (state?.isRunning) throw stillRuns(job, open);
  if (state !== undefined) tellOfFailure(scope, open, state.result);
  await forget(scope, host, job);
}

function openJobs({ record }: RunScope): [string, OpenJob][] {
  return Object.entries(record.state().jobs);
}

/** The host as the user that started the job: no other one sees it. */
async function hostOf({ hosts }: RunScope, { host, user }: OpenJob): Promise<ConnectedHost> {
  const usual = await hosts.reach(host);
  if (user === undefined || user === usual.facts.user) return usual;
  return hosts.reach(host, { become: true, becomeUser: user });
}

/** What `ask` finds out about a job; undefined when nobody will ever know. */
async function knowable<T>(
  scope: RunScope,
  host: ConnectedHost,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    // The host was restarted under it, or its process was killed: the stage's tasks see what is left to do.
    if (!(error instanceof Failure) || error.kind !== "task-failed") throw error;
    scope.emit({ type: "notice", host: host.name, text: error.message });
    return undefined;
  }
}

async function forget(scope: RunScope, host: ConnectedHost, job: string): Promise<void> {
  await host.removeJob(job);
  scope.record.add({ type: "job-collected", task: job, host: host.name, job });
}

function tellOfFailure(scope: RunScope, { host, asyncTask }: OpenJob, { exitCode }: CommandResult): void {
  if (exitCode === 0) return;
  const text = `the job of the async task "${asyncTask}" ended with exit code ${exitCode}`;
  scope.emit({ type: "notice", host, text });
}

function stillRuns(job: string, { host, asyncTask }: OpenJob): Failure {
  const message = `the job ${job} of the async task "${asyncTask}" still runs on ${host}: the stage is not done before it ends`;
  const next =
    "Wait for it in the playbook: `async_status` with its `job_id`, `register: asked`, `until: asked.finished`, `retries` and `delay`. When the stage is run again, it waits for the job first.";
  return new Failure("task-failed", message, { host, next });
}
