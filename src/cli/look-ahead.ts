import { Failure } from "../contract/errors.ts";
import type { RunEvent } from "../contract/events.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { RunRequest } from "../engine/request.ts";
import { runStage } from "../engine/run-stage.ts";
import type { Stage } from "../language/model/playbook.ts";
import { cleaned, type Redactor } from "../report/redact.ts";
import type { Findings, Foreseen, StageFindings } from "./plan-data.ts";

/**
 * Looks at the hosts, stage by stage, in check mode: it writes nothing, on the hosts or here. What a stage would find
 * after the one before it is not known yet; where that makes it stop, the plan says so and the next stage is looked at.
 */
export async function lookAhead(
  stages: readonly Stage[],
  request: Omit<RunRequest, "stage" | "listeners" | "checkMode">,
  redactor: Redactor,
): Promise<Findings> {
  const findings = new Map<string, StageFindings>();
  for (const { name } of stages) {
    if (request.stopping.aborted) break;
    findings.set(name, await lookAtStage(name, request, redactor));
  }
  return findings;
}

async function lookAtStage(
  stage: string,
  request: Omit<RunRequest, "stage" | "listeners" | "checkMode">,
  redactor: Redactor,
): Promise<StageFindings> {
  const tasks = new Map<string, Record<string, Foreseen[]>>();
  const listener = cleaned((event) => note(tasks, event), redactor);
  try {
    const { failures } = await runStage({ ...request, stage, checkMode: true, listeners: [listener] });
    return { tasks, stopped: failures[0] === undefined ? undefined : redactor.clean(failures[0].message) };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === "interrupted") throw error;
    return { tasks, stopped: redactor.clean(error.message) };
  }
}

function note(tasks: Map<string, Record<string, Foreseen[]>>, event: RunEvent): void {
  if (event.type !== "task-finished") return;
  const { task, host, outcome } = event;
  const hosts = tasks.get(task.id) ?? {};
  hosts[host] = [
    ...(hosts[host] ?? []),
    task.noLog ? { status: foreseen(outcome).status } : foreseen(outcome),
  ];
  tasks.set(task.id, hosts);
}

function foreseen(outcome: Outcome): Foreseen {
  switch (outcome.status) {
    case "changed":
      return { status: "would change", text: outcome.summary };
    case "ok":
      return { status: "nothing to do" };
    case "skipped": {
      const isLater = outcome.reason.startsWith("known only after");
      return {
        status: isLater ? "known after" : "skipped",
        text: isLater ? outcome.reason.slice(17) : outcome.reason,
      };
    }
    default:
      return { status: "fails", text: outcome.failure.message };
  }
}
