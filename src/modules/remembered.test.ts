import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { parseRemembered, writeRemembered } from "./remembered.ts";

test("what is remembered is written whole, in the place of a file that was cut short", async () => {
  const file = join(temporaryDirectory(), "x.json");
  writeFileSync(file, '{"a":');
  await writeRemembered(file, { a: 1 });
  expect(parseRemembered(readFileSync(file, "utf8"), file, "")).toEqual({ a: 1 });
});

test.each(["", '{"a":', "null", "7", '"text"'])("damaged memory is told with its place: %j", (text) => {
  expect(() => parseRemembered(text, "/x on new", "Look there.")).toThrow(
    expect.objectContaining({ message: "/x on new is damaged", next: "Look there." }),
  );
});
