import type { SignalSource, StopSignal } from "./surroundings.ts";

/** What Ctrl-C and its kin come to. */
export interface SignalWatch {
  /** Aborted by the first signal: the task under way is finished. */
  readonly stopping: AbortSignal;
  /** Aborted by the second: everything here stops at once; jobs on the hosts go on, but for copies beside which old works. */
  readonly signal: AbortSignal;
  /** What the first signal does, for a Ctrl-C that a question has read as a key: no task is under way then. */
  stop(): void;
  close(): void;
}

const watched: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Listens to the signals until it is closed. `say` is told what happens now, for the person. */
export function watchSignals(source: SignalSource, say: (text: string) => void): SignalWatch {
  const stopping = new AbortController();
  const stopped = new AbortController();

  function interrupt(): void {
    if (!stopping.signal.aborted) {
      say("Finishing the task under way; Ctrl-C again stops at once.");
      stopping.abort();
    } else if (!stopped.signal.aborted) {
      say(
        "Stopping at once. A copy beside which old works ends where it is, and the next run goes on from there; other jobs on the hosts go on, and the next run takes them up.",
      );
      stopped.abort();
    }
  }

  for (const name of watched) source.on(name, interrupt);
  return {
    stopping: stopping.signal,
    signal: stopped.signal,
    stop: () => stopping.abort(),
    close() {
      for (const name of watched) source.off(name, interrupt);
    },
  };
}
