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

/**
 * The same for two streams that come in pieces of many items each: what waits for the next piece waits once for all of them.
 * Gives pairs in pieces, too.
 */
export async function* inStepByPieces<Item>(
  left: AsyncIterator<readonly Item[]>,
  right: AsyncIterator<readonly Item[]>,
  compare: (one: Item, other: Item) => number,
): AsyncGenerator<readonly Pair<Item>[]> {
  let [a, b] = [await nextPiece(left, []), await nextPiece(right, [])];
  while (a.length > 0 || b.length > 0) {
    const pairs: Pair<Item>[] = [];
    let [i, j] = [0, 0];
    // Where one stream has ended, the rest of the other is alone.
    const more = (): boolean => (a.length === 0 || i < a.length) && (b.length === 0 || j < b.length);
    while (more()) {
      const [one, other] = [a[i], b[j]];
      if (one === undefined && other === undefined) break;
      const order = one === undefined ? 1 : other === undefined ? -1 : compare(one, other);
      pairs.push(
        (order === 0 ? [one, other] : order < 0 ? [one, undefined] : [undefined, other]) as Pair<Item>,
      );
      if (order <= 0) i += 1;
      if (order >= 0) j += 1;
    }
    yield pairs;
    a = await nextPiece(left, a.slice(i));
    b = await nextPiece(right, b.slice(j));
  }
}

/** What is left of a piece, or the next one; empty at the end. */
async function nextPiece<Item>(
  pieces: AsyncIterator<readonly Item[]>,
  rest: readonly Item[],
): Promise<readonly Item[]> {
  let piece = rest;
  while (piece.length === 0) {
    const { done, value } = await pieces.next();
    if (done) return [];
    piece = value;
  }
  return piece;
}
