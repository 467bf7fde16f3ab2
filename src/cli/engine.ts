import { setFlagsFromString } from "node:v8";

/** Sets V8 up for a run of a stage. To be called before the run's code is loaded: what is kept of it compiled holds for these flags. */
export function prepareEngine(): void {
  setEngine([...usualHeap, ...latePolish]);
}

/**
 * Many hosts leave much behind for a moment. Left alone, V8 lets its heap grow to several times what is held before it looks
 * for what can go: at 1,000 hosts that is 430 MB in place of 175. To look more often costs a tenth of the processor's
 * time of a small run, so that one is spared it.
 */
export function saveMemory(): void {
  setEngine(thriftyHeap);
}

const thriftyHeap = ["--heap-growing-percent=10", "--semi-space-growth-factor=1"];
const usualHeap = ["--semi-space-growth-factor=16"];

/**
 * V8 compiles once more what has run for a while. In Node 20 that takes longer than most runs gain by it, an eighth of the
 * processor's time at 50 hosts: there it waits eight times as long. What works for seconds is still compiled. Newer ones wait
 * by themselves, and don't know the flag.
 */
const latePolish = process.versions.node.startsWith("20.") ? ["--interrupt-budget=540000"] : [];

function setEngine(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag);
}
