import { describe, expect, test } from "vitest";
import { includeVars } from "./include-vars.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("include_vars", () => {
  test("sets what the files hold, or one variable with all of it", async () => {
    expect(await lookWith(includeVars, { file: "a.yml" })).toEqual({
      included: { from: "a.yml" },
      result: { included_files: ["vars/a.yml"] },
    });
    expect(await lookWith(includeVars, { dir: "more", name: "all" })).toMatchObject({
      included: { all: { from: "more" } },
    });
  });

  test.each<object>([{}, { file: "a", dir: "b" }, { file: "a", name: "b-c" }, { dir: "a", depth: -1 }])(
    "its schema refuses %j",
    (args) => expect(refuses(includeVars, args)).toBeDefined(),
  );
});
