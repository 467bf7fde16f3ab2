import { expect, test } from "vitest";
import { ChannelSlots } from "./channel-slots.ts";

test("lets only so many in, and the next as one leaves", async () => {
  const slots = new ChannelSlots(2);
  const order: number[] = [];
  const holders = [1, 2, 3, 4].map(async (number) => {
    const release = await slots.take();
    order.push(number);
    return release;
  });
  const first = await holders[0];
  const second = await holders[1];
  expect(order).toEqual([1, 2]);
  first?.();
  first?.();
  await holders[2];
  expect(order).toEqual([1, 2, 3]);
  second?.();
  await holders[3];
  expect(order).toEqual([1, 2, 3, 4]);
});
