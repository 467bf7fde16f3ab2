import { describe, expect, test } from "vitest";
import type { TaskModule } from "../contract/module.ts";
import { moduleReference } from "./module-reference.ts";

function moduleWith(
  name: string,
  properties: Record<string, unknown>,
  required: readonly string[] = [],
): TaskModule {
  const args = { type: "object", additionalProperties: false, properties, required };
  const look = async () => ({});
  return { kind: "look", name, description: `Does ${name}. And more.`, shorthand: "path", args, look };
}

describe("moduleReference", () => {
  test("tells of each module in the order of their names", () => {
    const page = moduleReference([moduleWith("stat", {}), moduleWith("copy", {})]);
    expect(page.match(/^## .*$/gm)).toEqual(["## `copy`", "## `stat`"]);
    expect(page).toContain("- [`copy`](#copy): Does copy.\n");
    expect(page).toContain("Short form: `stat: …` means `stat: { path: … }`.");
    expect(page).toContain("Changes nothing");
  });

  test.each<[string, object, string]>([
    ["a text", { type: "string", description: "A | b." }, "| `x` | string |  | A \\| b. |"],
    ["a path", { type: "string", pattern: "^/", description: "P." }, "| `x` | path |  | P. |"],
    ["a choice", { type: "string", enum: ["a", "b"], default: "a" }, "| `x` | `a`, `b` | `a` |  |"],
    ["anything", { description: "D." }, "| `x` | any value |  | D. |"],
    [
      "one or more",
      { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
      "| `x` | string or list of string |",
    ],
    ["a false default", { type: "boolean", default: false }, "| `x` | boolean | `false` |"],
    [
      "what lists hold",
      { type: "array", items: { type: "object", properties: { y: { type: "integer", description: "Y." } } } },
      "| `x[].y` | integer |  | Y. |",
    ],
    [
      "what mappings hold",
      { type: "object", additionalProperties: { type: "string", description: "V." } },
      "| `x.<name>` | string |  | V. |",
    ],
  ])("describes %s", (_what, schema, row) => {
    expect(moduleReference([moduleWith("stat", { x: schema })])).toContain(row);
  });

  test("marks what is required", () => {
    const page = moduleReference([moduleWith("stat", { x: { type: "string" } }, ["x"])]);
    expect(page).toContain("| `x` | string | **required** |");
  });
});
