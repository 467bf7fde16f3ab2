/** A number of places; work waits until one is free. */
export interface Slots {
  take<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Opens that many places. They are given out in the order in which they are asked for. */
export function openSlots(places: number): Slots {
  let free = places;
  const waiting: (() => void)[] = [];
  return {
    async take(work) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}
