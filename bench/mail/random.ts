/** Numbers that look random and are the same in every run of the bench. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** From 0 to below `count`. */
  index(count: number): number;
  /** Of the standard normal distribution. */
  normal(): number;
}

/** Marsaglia's xorshift of 32 bits. */
export function createRandom(seed: number): Random {
  let state = seed | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    next,
    index: (count) => Math.floor(next() * count),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
