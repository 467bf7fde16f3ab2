import { setMaxListeners } from "node:events";

/**
 * Hands `use` a signal that ends with `signal`, or after `milliseconds` with a TimeoutError.
 *
 * `AbortSignal.any` with an `AbortSignal.timeout` would do, but for Node 20: there garbage
 * collection takes the pair while somebody waits for it, and the time is never over.
 */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal,
  use: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  // What asks many servers at the same time waits at one signal for all of them.
  setMaxListeners(0, ending.signal);
  const end = () => ending.abort(signal.reason);
  const timer = setTimeout(() => ending.abort(timeIsOver()), milliseconds);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await use(ending.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

function timeIsOver(): DOMException {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}
