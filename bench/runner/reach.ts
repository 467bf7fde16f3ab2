import { median } from "../common/measure.ts";
import { columnsOf, type Results } from "./results.ts";
import { type ReachName, works } from "./work.ts";

/**
 * How many times as long as a peer of this run pyinfra 2.9.2 took in an earlier reading on the same kind of farm: it can't be
 * installed everywhere, so its time is estimated from what is measured in both.
 */
const pyinfraOf: Readonly<Record<string, { readonly peer: string; readonly times: number }>> = {
  "1 host × 50 tasks": { peer: "control-master", times: 3.65 / 1.03 },
  "10 × 50": { peer: "control-master", times: 5.58 / 3.62 },
  "50 × 10": { peer: "control-master", times: 4.64 / 5.26 },
  "20 copies of 2 KB: first": { peer: "one-script", times: 4.24 / 0.29 },
  unchanged: { peer: "one-script", times: 3.16 / 0.27 },
  "20 ms RTT, 1 × 50": { peer: "control-master", times: 7.02 / 3.12 },
};

/** A line for each bar: the column, what is wanted, what was measured, and whether it was reached. */
export function reachLines(results: Results): string[][] {
  return [...workLines(results), ...startUpReach(results), ...memoryReach(results)];
}

function workLines(results: Results): string[][] {
  const timeOf = (peer: string, column: string): number | undefined => {
    const cell = results.cells.find((one) => one.peer === peer && one.column === column);
    if (cell === undefined || cell.readings.length === 0) return undefined;
    return median(cell.readings.map(({ wallSeconds }) => wallSeconds));
  };
  const peerTime = (name: ReachName, column: string): number | undefined => {
    if (name !== "pyinfra") return timeOf(name, column);
    const rule = pyinfraOf[column];
    const known = rule === undefined ? undefined : timeOf(rule.peer, column);
    return rule === undefined || known === undefined ? undefined : known * rule.times;
  };
  return works.flatMap((work) =>
    columnsOf(work).flatMap((column) => {
      const own = timeOf("mailferry", column);
      const called = column === "unchanged" ? "20 copies of 2 KB: unchanged" : column;
      const timesFaster = (name: ReachName): number | undefined => {
        const other = peerTime(name, column);
        return own === undefined || other === undefined ? undefined : other / own;
      };
      const bars = (Object.entries(work.reach) as [ReachName, number][]).flatMap(([name, factor]) => {
        const times = timesFaster(name);
        if (times === undefined) return [];
        const peer = name === "pyinfra" ? "pyinfra (estimated)" : name;
        return [line(called, `${factor} × faster than ${peer}`, `${times.toFixed(1)} ×`, times >= factor)];
      });
      const told = (work.told ?? []).flatMap((name) => {
        const times = timesFaster(name);
        return times === undefined ? [] : [[called, `no bar: ${name}`, `${times.toFixed(1)} ×`, "–"]];
      });
      return [...bars, ...told];
    }),
  );
}

function startUpReach({ startUps }: Results): string[][] {
  const [bare, ...others] = startUps;
  if (bare === undefined) return [];
  return others.map(({ command, wallSeconds }) => {
    const times = wallSeconds / bare.wallSeconds;
    return line(`\`${command}\``, "at most 1.8 × bare Node", `${times.toFixed(2)} ×`, times <= 1.8);
  });
}

function memoryReach({ memory }: Results): string[][] {
  if (memory === undefined) return [];
  const mebibytes = Math.round(memory.memoryMebibytes);
  return [
    line(
      "1,000 hosts",
      "controller below 200 MB",
      `${mebibytes} MiB`,
      memory.memoryMebibytes * 1.048576 < 200,
    ),
  ];
}

function line(what: string, wanted: string, measured: string, reached: boolean): string[] {
  return [what, wanted, measured, reached ? "reached" : "**not reached**"];
}
