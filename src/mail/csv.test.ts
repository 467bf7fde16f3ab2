import { expect, test } from "vitest";
import { csvLine, csvRows } from "./csv.ts";

test("a line of CSV sets apart what would break it, and hides formulas", () => {
  expect(csvLine(["a", 1, undefined, 'say "x", y', "two\nlines"])).toBe(
    'a,1,,"say ""x"", y","two\nlines"\r\n',
  );
  expect(csvLine(["=1+1", "-rf", "@x", "+1", "a=b"])).toBe("'=1+1,'-rf,'@x,'+1,a=b\r\n");
});

test("rows are read back as they were written", () => {
  const rows = [
    ["a", "", 'say "x", y'],
    ["two\nlines", "", ""],
  ];
  expect(csvRows(rows.map((row) => csvLine(row)).join(""))).toEqual(rows);
});

test("rows end as lines do anywhere, and empty ones are left out", () => {
  expect(csvRows("\ufeffa,b\nc,d\r\n\r\n\ne,")).toEqual([
    ["a", "b"],
    ["c", "d"],
    ["e", ""],
  ]);
  expect(csvRows("")).toEqual([]);
  expect(() => csvRows('a,b"c\n')).toThrow("character 3");
});
