import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { moduleRegistry } from "../../src/modules/registry.ts";
import { moduleReference } from "../../src/report/module-reference.ts";

const page = new URL("../../docs/reference/modules.md", import.meta.url);

test("the reference of the modules says what the modules say", async () => {
  const loaded = await Promise.all(moduleRegistry.names.map((name) => moduleRegistry.load(name)));
  const reference = moduleReference(loaded.filter((module) => module !== undefined));
  if (process.env.UPDATE_REFERENCE === "1") await writeFile(page, reference);
  const written = await readFile(page, "utf8").catch(() => "");
  expect(written === reference, "docs/reference/modules.md is stale: run `npm run reference`").toBe(true);
});
