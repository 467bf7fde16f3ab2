import { expect, test } from "vitest";
import { csvLine } from "./csv.ts";

test("a line of CSV sets apart what would break it, and hides formulas", () => {
  expect(csvLine(["a", 1, undefined, 'say "x", y', "two\nlines"])).toBe(
    'a,1,,"say ""x"", y","two\nlines"\r\n',
  );
  expect(csvLine(["=1+1", "-rf", "@x", "+1", "a=b"])).toBe("'=1+1,'-rf,'@x,'+1,a=b\r\n");
});
