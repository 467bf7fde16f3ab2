import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BadInput } from "../../contract/errors.ts";
import { readTextFile } from "./read-text.ts";

const nobody = 65_534;

describe("a file", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "read-text-"));
    chmodSync(directory, 0o755);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("that may not be read says so, and how to see why", async () => {
    const file = join(directory, "inventory.yml");
    writeFileSync(file, "all:\n", { mode: 0o000 });

    const error = await asAnotherUser(() => readTextFile(file).catch((failure: unknown) => failure));

    if (!(error instanceof BadInput)) throw error;
    expect(error.problems).toEqual([
      {
        message: `${file} may not be read by you`,
        place: { file, line: 1, column: 1 },
        hint: `see \`ls -l ${file}\``,
      },
    ]);
  });

  it("loses the byte order mark that some editors write", async () => {
    const file = join(directory, "inventory.yml");
    writeFileSync(file, "\uFEFFall:\n");

    expect(await readTextFile(file)).toBe("all:\n");
  });
});

/** root reads everything, whatever the mode says. */
async function asAnotherUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
