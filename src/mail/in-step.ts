import { type ByteText, compareBytes } from "./byte-text.ts";

/** What two ordered streams hold under one key: on both, on the left alone, or on the right alone. */
export type Pair<Item> = readonly [Item, Item | undefined] | readonly [undefined, Item];

/** Walks two streams of one order together: items of one key come as a pair, others alone. */
export async function* inStep<Item>(
  left: AsyncIterator<Item>,
  right: AsyncIterator<Item>,
  keyOf: (item: Item) => ByteText,
): AsyncGenerator<Pair<Item>> {
  let a = await left.next();
  let b = await right.next();
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : compareBytes(keyOf(a.value), keyOf(b.value));
    if (order === 0) yield [a.value, b.value];
    else if (order < 0) yield [a.value, undefined];
    else yield [undefined, b.value];
    if (order <= 0) a = await left.next();
    if (order >= 0) b = await right.next();
  }
}

/** The same for two lists. A key that comes twice on one side alone is alone the second time. */
export function* pairsInStep<Item>(
  left: readonly Item[],
  right: readonly Item[],
  keyOf: (item: Item) => ByteText,
): Generator<Pair<Item>> {
  let a = 0;
  let b = 0;
  for (;;) {
    const before = left[a];
    const after = right[b];
    if (before === undefined && after === undefined) return;
    const order =
      before === undefined ? 1 : after === undefined ? -1 : compareBytes(keyOf(before), keyOf(after));
    if (order <= 0) a += 1;
    if (order >= 0) b += 1;
    if (order === 0 && before !== undefined) yield [before, after];
    else if (order < 0 && before !== undefined) yield [before, undefined];
    else if (after !== undefined) yield [undefined, after];
  }
}
