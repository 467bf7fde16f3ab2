import { EventEmitter } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { commandLineReference } from "../../src/cli/command-line-reference.ts";
import { createProgram } from "../../src/cli/program.ts";
import { createRedactor } from "../../src/report/redact.ts";

const page = new URL("../../docs/reference/command-line.md", import.meta.url);

test("the reference of the command line says what the program parses", async () => {
  const stream = new PassThrough();
  const surroundings = { argv: [], stdin: stream, stdout: stream, stderr: stream, cwd: "/" };
  const nothing = () => undefined;
  const program = createProgram(
    {
      surroundings: { ...surroundings, environment: {}, signals: new EventEmitter() },
      out: nothing,
      err: nothing,
      redactor: createRedactor(),
    },
    nothing,
  );
  const reference = commandLineReference(program);
  if (process.env.UPDATE_REFERENCE === "1") await writeFile(page, reference);
  const written = await readFile(page, "utf8").catch(() => "");
  expect(written === reference, "docs/reference/command-line.md is stale: run `npm run reference`").toBe(
    true,
  );
});
