import { sleep } from "../sleep.ts";

const units: Readonly<Record<string, number>> = { "": 1024, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes a second, from a number and a unit as rsync's --bwlimit takes them: KiB without one. */
export function bytesPerSecond(bandwidth: string): number {
  const [, number = "", unit = ""] = /^([0-9.]+)([kmg]?)$/.exec(bandwidth.toLowerCase()) ?? [];
  return Number(number) * (units[unit] ?? 1024);
}

/** Keeps all connections together below so many bytes a second, over any time longer than what is sent at once takes. */
export class Pace {
  readonly #rate: number | undefined;
  #freeAtMs = 0;

  constructor(bandwidth: string | undefined) {
    const rate = bandwidth === undefined ? 0 : bytesPerSecond(bandwidth);
    this.#rate = rate > 0 ? rate : undefined;
  }

  /** More than one message should not be sent at once unless they have so few bytes together: a second's worth. */
  get bytesAtOnce(): number {
    return this.#rate ?? Number.POSITIVE_INFINITY;
  }

  /** Waits until that many bytes may go. */
  async wait(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#rate === undefined) return;
    const now = Date.now();
    const begins = Math.max(now, this.#freeAtMs);
    this.#freeAtMs = begins + (bytes / this.#rate) * 1000;
    if (begins > now) await sleep(begins - now, signal);
  }
}
