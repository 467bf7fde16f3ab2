import { describe, expect, test } from "vitest";
import { Refused } from "../contract/errors.ts";
import { checklist } from "./checklist.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses } from "./testing/run-module.ts";

const item = { check: "clock skew", ok_when: "skew <= 5", found: "9 s", do: "Set the clock." };
const holds = fakeContext({ evaluate: () => true });

describe("checklist", () => {
  test("shows one table and counts the warnings", async () => {
    const context = fakeContext({ evaluate: (condition) => condition === "a" });
    const items = [
      { check: "first", ok_when: "a", do: "Nothing." },
      { check: "second", ok_when: "b", otherwise: "warning" as const, found: "none", do: "Get one." },
    ];
    const seen = await checklist.look({ title: "Preflight", items }, new FakeHost().reader(), context);
    expect(seen.result).toEqual({ checks: 2, warnings: 1 });
    expect(seen.message).toBe(
      "Preflight\n  ok       first\n  warning  second: none\n  note: second. Get one.",
    );
  });

  test("refuses to go on at a stop, says what to do, and still shows the table", async () => {
    const context = fakeContext({ evaluate: () => false });
    const stopped = checklist.look({ title: "Preflight", items: [item] }, new FakeHost().reader(), context);
    await expect(stopped).rejects.toThrow(Refused);
    await expect(stopped).rejects.toMatchObject({ next: "Set the clock." });
    expect(context.notices[0]).toContain("stop     clock skew: 9 s");
  });

  test("goes through when all is well", async () => {
    const seen = await checklist.look({ title: "T", items: [item] }, new FakeHost().reader(), holds);
    expect(seen.result).toEqual({ checks: 1, warnings: 0 });
  });

  test("refuses bad arguments", () => {
    refuses(checklist, {});
    refuses(checklist, { title: "T", items: [] });
    refuses(checklist, { title: "T", items: [{ ...item, otherwise: "panic" }] });
  });
});
