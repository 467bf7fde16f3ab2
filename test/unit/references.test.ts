import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { keywordReference } from "../../src/cli/keyword-reference.ts";
import { planReference } from "../../src/cli/plan-reference.ts";
import { eventReference } from "../../src/report/event-reference.ts";
import { exitCodeReference } from "../../src/report/exit-code-reference.ts";

const pages = {
  "keywords.md": keywordReference,
  "events.md": eventReference,
  "exit-codes.md": exitCodeReference,
  "plan.md": planReference,
};

test.each(Object.entries(pages))("docs/reference/%s says what the code says", async (name, write) => {
  const page = new URL(`../../docs/reference/${name}`, import.meta.url);
  const reference = write();
  if (process.env.UPDATE_REFERENCE === "1") await writeFile(page, reference);
  const written = await readFile(page, "utf8").catch(() => "");
  expect(written === reference, `docs/reference/${name} is stale: run \`npm run reference\``).toBe(true);
});
