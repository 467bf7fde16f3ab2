import { describe, expect, test } from "vitest";
import { setFact } from "./set-fact.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("set_fact", () => {
  test("sets every key as a variable", async () => {
    const facts = { a: 1, b_2: ["x"] };
    expect(await lookWith(setFact, facts)).toEqual({ variables: facts, result: facts });
  });

  test.each<object>([{}, { "a-b": 1 }, { "2a": 1 }, { constructor: 1 }])("its schema refuses %j", (args) =>
    expect(refuses(setFact, args)).toBeDefined(),
  );
});
