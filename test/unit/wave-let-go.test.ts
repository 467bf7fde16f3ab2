import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { runWaveScript } from "./wave-scripts.ts";

test("a table that a cut run left on hold is what it was before, and its copy stays until Postfix goes by it", () => {
  const table = join(temporaryDirectory(), "mailferry-transports");
  const values = { wave_transport_file: table };
  const letGo = () =>
    runWaveScript({ file: "let-go", task: "The table from before, where a run was cut", values });

  writeFileSync(table, "/@a[.]example$/ smtp:old\n");
  expect(letGo()).toMatchObject({ status: 0, stdout: "" });

  writeFileSync(`${table}.former`, readFileSync(table));
  writeFileSync(
    table,
    "# Written by Mailferry: Dovecot reads its configuration; this takes seconds.\n/./ retry:\n",
  );
  expect(letGo()).toMatchObject({ status: 0, stdout: "former\n" });
  expect(readFileSync(table, "utf8")).toBe("/@a[.]example$/ smtp:old\n");
  expect(existsSync(`${table}.former`)).toBe(true);
});
