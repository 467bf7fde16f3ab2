import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { evaluateExpression } from "../../src/expression/cel.ts";

/** What the role dns asserts of the answers before the cutover. */
const file = new URL("../../roles/dns/tasks/ttl-passed.yml", import.meta.url);
const tasks = parse(readFileSync(file, "utf8")) as { readonly assert?: { readonly that: string[] } }[];
const conditions = tasks.flatMap(({ assert }) => assert?.that ?? []);

describe("the cutover's wait for the old TTLs", () => {
  test.each([
    [{ wait_seconds: 0, unanswered: [] }, true],
    [{ wait_seconds: 30, unanswered: [] }, false],
    [{ wait_seconds: 0, unanswered: ["resolver 192.0.2.53: REFUSED"] }, false],
  ])("with %j: passes %s", (answers, passes) => {
    const holds = conditions.map((condition) => evaluateExpression(condition, { dns_before: answers }));
    expect(holds.every((each) => each === true)).toBe(passes);
  });
});
