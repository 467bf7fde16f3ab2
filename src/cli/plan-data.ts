import { type DowntimeEstimate, estimateDowntime } from "../engine/downtime.ts";
import type { TaskTimes } from "../engine/task-times.ts";
import type { Play, Stage } from "../language/model/playbook.ts";
import type { Block, Task, TaskNode } from "../language/model/task.ts";
import { chosenStages, type PlanSources, plannedPlays } from "./planned-stages.ts";

/** What a look at a host says of a task. */
export interface Foreseen {
  readonly status: "would change" | "nothing to do" | "skipped" | "known after" | "fails";
  /** What would be changed, why it is skipped, what has to be known first, why it fails. */
  readonly text?: string | undefined;
}

/** A task or a block of a plan. */
export type PlanNode =
  | {
      readonly kind: "task";
      readonly id: string;
      readonly name?: string | undefined;
      readonly module: string;
      readonly role?: string | undefined;
      readonly tags: readonly string[];
      readonly loop: boolean;
      /** With --check: by host, one entry for each item of a loop. */
      readonly hosts?: Readonly<Record<string, readonly Foreseen[]>> | undefined;
    }
  | {
      readonly kind: "block";
      readonly name?: string | undefined;
      readonly block: readonly PlanNode[];
      readonly rescue: readonly PlanNode[];
      readonly always: readonly PlanNode[];
    }
  | { readonly kind: "meta"; readonly name?: string | undefined; readonly action: string };

export interface PlanPlay {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly tasks: readonly PlanNode[];
  readonly handlers: readonly PlanNode[];
}

export interface PlanStage {
  readonly name: string;
  readonly description?: string | undefined;
  readonly repeatable: boolean;
  readonly requires: Stage["requires"];
  /** It asks before it begins. */
  readonly asksFirst: boolean;
  /** How long its downtime will be, by the times of earlier runs. */
  readonly downtime?: DowntimeEstimate | undefined;
  readonly plays: readonly PlanPlay[];
  readonly rollback: readonly PlanPlay[];
  /** With --check: why the look at the hosts ended early. */
  readonly stopped?: string | undefined;
}

/** What would run where. `version` is raised when a field goes or changes its meaning. */
export interface Plan {
  readonly version: 1;
  readonly playbook: string;
  readonly name: string;
  readonly migration: string;
  readonly stages: readonly PlanStage[];
}

/** What the look at the hosts found: by stage, by task, by host. */
export type Findings = ReadonlyMap<string, StageFindings>;

export interface StageFindings {
  readonly tasks: ReadonlyMap<string, Readonly<Record<string, readonly Foreseen[]>>>;
  readonly stopped?: string | undefined;
}

/** The plan of a playbook, or of one stage of it, with what a look at the hosts found if there was one. */
export function makePlan(
  project: PlanSources,
  stageName: string | undefined,
  findings: Findings = new Map(),
  times: TaskTimes = {},
): Plan {
  const { playbook, migration } = project;
  const stages = chosenStages(project, stageName).map((stage): PlanStage => {
    const found = findings.get(stage.name);
    return {
      name: stage.name,
      description: stage.description,
      repeatable: stage.repeatable,
      requires: stage.requires.map(({ stage, withinSeconds }) => ({ stage, withinSeconds })),
      asksFirst: stage.confirm !== undefined,
      downtime: estimateDowntime(stage, times),
      plays: planned(project, stage.plays, found),
      rollback: planned(project, stage.rollback, undefined),
      stopped: found?.stopped,
    };
  });
  return { version: 1, playbook: playbook.file, name: playbook.name, migration: migration.name, stages };
}

function planned(project: PlanSources, plays: readonly Play[], found: StageFindings | undefined): PlanPlay[] {
  return plannedPlays(project, plays).map(({ play, hosts }) => ({
    name: play.name,
    hosts,
    tasks: nodesOf(play.tasks, found),
    handlers: nodesOf(play.handlers, found),
  }));
}

function nodesOf(nodes: readonly TaskNode[], found: StageFindings | undefined): PlanNode[] {
  return nodes.flatMap((node): PlanNode[] => {
    if (node.kind === "task") return [taskOf(node, found)];
    if (node.kind === "block") return [blockOf(node, found)];
    return "implicit" in node && node.implicit
      ? []
      : [{ kind: "meta", name: node.name, action: node.action }];
  });
}

function taskOf({ id, name, module, role, tags, loop }: Task, found: StageFindings | undefined): PlanNode {
  const hosts = found?.tasks.get(id);
  return { kind: "task", id, name, module, role: role?.name, tags, loop: loop !== undefined, hosts };
}

function blockOf({ name, block, rescue, always }: Block, found: StageFindings | undefined): PlanNode {
  const [own, onFailure, atEnd] = [block, rescue, always].map((nodes) => nodesOf(nodes, found));
  return { kind: "block", name, block: own ?? [], rescue: onFailure ?? [], always: atEnd ?? [] };
}
