import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { layersInOrder, variableLevels } from "../../src/expression/variable-levels.ts";
import { resolveVariables } from "../../src/expression/variables.ts";

const page = new URL("../../docs/variables.md", import.meta.url);
const table = variableLevels.map(
  ({ name, setBy, rendered }) => `| ${name} | ${setBy} | ${rendered ? "yes" : "never: it is data"} |\n`,
);

describe("the levels of variables", () => {
  it("are documented in the order that counts", () => {
    const text = readFileSync(page, "utf8");
    const withTable = text.replace(/(?<=^\|---\|---\|---\|\n)(\| .*\n)*/m, () => table.join(""));
    if (process.env.UPDATE_REFERENCE === "1") writeFileSync(page, withTable);
    expect(readFileSync(page, "utf8"), "docs/variables.md is stale: run `npm run reference`").toBe(withTable);
  });

  it("win in that order, whatever order they are given in", () => {
    const names = variableLevels.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      const given = names.slice(0, index + 1).map((level) => [level, { x: level }] as const);
      const layers = layersInOrder(Object.fromEntries(given.toReversed()));
      expect(resolveVariables(layers).x).toBe(name);
    }
  });

  it("keep the order of several values on one level, and render only what people wrote", () => {
    const layers = layersInOrder({
      "block and task vars": [{ x: "outer" }, { x: "{{y}}" }],
      "set_fact and register": { y: "{{nobody}}" },
    });
    expect(resolveVariables(layers).x).toBe("{{nobody}}");
  });
});
