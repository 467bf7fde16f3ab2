import { CommandFailed, Failure } from "../contract/errors.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, oneOf, word } from "./argument-schemas.ts";
import { registeredCommand } from "./command-result.ts";

export interface AsyncStatusArgs {
  readonly jid: string;
  readonly mode?: "status" | "cleanup";
}

/** Asks how far a job of an `async` task is. */
export const asyncStatus = lookingModule<AsyncStatusArgs>({
  name: "async_status",
  description:
    "Asks how far a job is that a task with `async` and `poll: 0` started. Registers `job_id`, `started`, `finished`, `job_status` (`running` or `ended`) and, once it has ended, `rc`, `stdout`, `stderr` and their lines; fails when its exit code is not 0. Asked as the user that started it. Differs from Ansible: started and finished are true or false, and it never counts as changed.",
  args: closed(
    {
      jid: word("The `job_id` that the task registered."),
      mode: oneOf(
        ["status", "cleanup"],
        "`cleanup` removes what the ended job left on the host, and registers `erased`.",
      ),
    },
    { required: ["jid"] },
  ),

  async look({ jid, mode = "status" }, host, context) {
    const state = await context.jobState(jid);
    if (mode === "cleanup") {
      if (state?.isRunning) throw stillRuns(jid, host.name);
      if (state !== undefined) await context.forgetJob(jid);
      return { result: { job_id: jid, erased: state !== undefined } };
    }
    if (state === undefined) throw noJob(jid, host.name);
    const started = { job_id: jid, started: true };
    if (state.isRunning) return { result: { ...started, finished: false, job_status: "running" } };
    const ended = { ...registeredCommand(state.result), ...started, finished: true, job_status: "ended" };
    if (state.result.exitCode === 0) return { result: ended };
    throw new CommandFailed([`the job ${jid}`], state.result, { host: host.name, result: ended });
  },
});

function noJob(jid: string, host: string): Failure {
  return new Failure("task-failed", `there is no job ${jid} on ${host}`, {
    host,
    next: "Give `jid` the `job_id` that the async task registered, and become the same user.",
  });
}

function stillRuns(jid: string, host: string): Failure {
  return new Failure("task-failed", `the job ${jid} on ${host} still runs`, {
    host,
    next: "Wait for it: `until: job.finished`.",
  });
}
