import { expect, test } from "vitest";
import { Places } from "./places.ts";

test("places are given out in order, and spare ones only while nobody waits", async () => {
  const places = new Places(2);
  await places.take();
  expect(places.takeSpare()).toBe(true);
  expect(places.takeSpare()).toBe(false);
  const order: number[] = [];
  const first = places.take().then(() => order.push(1));
  const second = places.take().then(() => order.push(2));
  places.give();
  expect(places.takeSpare()).toBe(false);
  places.give();
  await Promise.all([first, second]);
  expect(order).toEqual([1, 2]);
  places.give();
  expect(places.takeSpare()).toBe(true);
});
