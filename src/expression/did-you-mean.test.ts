import { expect, it } from "vitest";
import { didYouMean, editDistance, nearestName } from "./did-you-mean.ts";

it.each([
  ["comand", "command"],
  ["regsiter", "register"],
  ["hotcopy", "hot-copy"],
  ["Hot_Copy", "hot-copy"],
  ["yum", undefined],
  ["xyz", undefined],
])("%s: %s", (name, nearest) => {
  expect(nearestName(name, ["command", "register", "hot-copy", "apt"])).toBe(nearest);
});

it("counts a swap of neighbours once", () => {
  expect(editDistance("hots", "host")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
  expect(didYouMean("hots", ["host"])).toBe("did you mean `host`?");
});
