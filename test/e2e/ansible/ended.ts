import type { Order } from "./case-file.ts";

/** How a task ended on a host, in the words of both programs. */
export interface Ended {
  readonly task: string;
  readonly host: string;
  readonly status: "ok" | "changed" | "skipped" | "failed" | "ignored" | "unreachable";
}

/** What one program made of a case. */
export interface Run {
  readonly ended: readonly Ended[];
  readonly rescued: Readonly<Record<string, number>>;
  /** True when the program's exit code says that all went well. */
  readonly well: boolean;
  /** The files that are there afterwards: name, type, mode, content. */
  readonly files: string;
  /** What the program printed, for a person who looks into a difference. */
  readonly output: string;
}

/** A run as lines that two runs can be compared by. */
export function linesOf({ ended, rescued, well }: Run, order: Order): string[] {
  const steps = stepsIn[order](ended);
  const rescues = Object.entries(rescued).filter(([, count]) => count > 0);
  return [
    ...steps,
    ...rescues.map(([host, count]) => `${host} was rescued: ${count}`).sort(),
    well ? "all went well" : "something failed",
  ];
}

const stepsIn: Readonly<Record<Order, (ended: readonly Ended[]) => string[]>> = {
  "by task": stepsByTask,
  "by host": stepsByHost,
  exact: (ended) => ended.map(({ task, host, status }) => `${task}: ${host} ${status}`),
};

/** A task with the hosts that it ran on side by side. */
function stepsByTask(ended: readonly Ended[]): string[] {
  const steps: { task: string; hosts: string[] }[] = [];
  for (const { task, host, status } of ended) {
    const last = steps.at(-1);
    const isSame = last?.task === task && !last.hosts.some((known) => known.startsWith(`${host} `));
    if (last !== undefined && isSame) last.hosts.push(`${host} ${status}`);
    else steps.push({ task, hosts: [`${host} ${status}`] });
  }
  return steps.map(({ task, hosts }) => `${task}: ${hosts.sort().join(", ")}`);
}

function stepsByHost(ended: readonly Ended[]): string[] {
  const hosts = [...new Set(ended.map(({ host }) => host))].sort();
  return hosts.flatMap((name) =>
    ended.filter(({ host }) => host === name).map(({ task, status }) => `${name}: ${task}: ${status}`),
  );
}
