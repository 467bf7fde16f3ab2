import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { lookedAtBytes, OutputFile, watchRoom } from "./output-file.ts";

const gibibyte = 1024 ** 3;
const disk = (freeBytes: number, sizeBytes: number) => () => ({ freeBytes, sizeBytes });

test("what a host sends is written whole, for its user alone", () => {
  const file = join(temporaryDirectory(), "x.list");
  const output = new OutputFile(file, "old");
  for (const piece of ["one", "two"]) output.take(Buffer.from(piece));
  output.close();
  expect(readFileSync(file, "utf8")).toBe("onetwo");
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a host that sends without an end is stopped before the disk is full, and what came is gone", () => {
  const file = join(temporaryDirectory(), "x.list");
  let freeBytes = gibibyte + lookedAtBytes;
  const output = new OutputFile(file, "old", () => ({ freeBytes, sizeBytes: 100 * gibibyte }));
  const piece = Buffer.alloc(lookedAtBytes / 4);
  const endless = () => {
    for (;;) {
      output.take(piece);
      freeBytes -= piece.length;
    }
  };
  expect(endless).toThrow(
    expect.objectContaining({
      kind: "task-failed",
      host: "old",
      message: expect.stringContaining("old sent"),
    }),
  );
  output.close();
  expect(statSync(file).size).toBe(0);
});

test.each([
  [gibibyte, 100 * gibibyte, true],
  [gibibyte - 1, 100 * gibibyte, false],
  [gibibyte / 2, 10 * gibibyte, true],
  [gibibyte / 2 - 1, 10 * gibibyte, false],
])("%d bytes free of %d are enough: %s", (free, size, enough) => {
  const ask = () => watchRoom("/x/y", undefined, disk(free, size))(lookedAtBytes);
  if (enough) ask();
  else expect(ask).toThrow(/^the disk of \/x is nearly full \(\d+ MiB are left\) by what the hosts sent/);
});
