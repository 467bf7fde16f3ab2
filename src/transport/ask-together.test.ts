import { expect, test } from "vitest";
import { askTogether } from "./ask-together.ts";

test("who asks at the same moment gets the same answer, and who asks later another one", async () => {
  let asked = 0;
  const ask = askTogether(async (what) => `${what} ${++asked}`);
  expect(await Promise.all([ask("a"), ask("b"), ask("a")])).toEqual(["a 1", "b 2", "a 1"]);
  expect(await ask("a")).toBe("a 3");
});

test("a failure is told to all who asked, and is no answer for those behind it", async () => {
  let fails = true;
  const ask = askTogether(async () => {
    if (fails) throw new Error("not now");
    return "now";
  });
  const both = await Promise.allSettled([ask("a"), ask("a")]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  fails = false;
  expect(await ask("a")).toBe("now");
});
