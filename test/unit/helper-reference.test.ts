import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { celFunctions } from "../../src/expression/cel-functions.ts";
import { blockNames, helperGroups } from "../../src/expression/helpers.ts";
import { magicVariables } from "../../src/expression/magic-names.ts";
import { helperReference } from "../../src/report/helper-reference.ts";

const page = new URL("../../docs/reference/helpers.md", import.meta.url);

test("the reference of the helpers says what the helpers say", async () => {
  const reference = helperReference({
    helpers: helperGroups,
    blocks: blockNames,
    functions: celFunctions,
    variables: magicVariables,
  });
  if (process.env.UPDATE_REFERENCE === "1") await writeFile(page, reference);
  const written = await readFile(page, "utf8").catch(() => "");
  expect(written === reference, "docs/reference/helpers.md is stale: run `npm run reference`").toBe(true);
});
