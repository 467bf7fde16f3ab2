import { describe, expect, test } from "vitest";
import { readable } from "./byte-text.ts";
import { parseMaildirName } from "./maildir-name.ts";

describe("a message's file name", () => {
  test.each([
    ["1.M1P2.host,S=3,W=4:2,FSab", "1.M1P2.host,S=3,W=4", "FS", "ab"],
    ["1.M1P2.host", "1.M1P2.host", "", ""],
    ["1.host:2,", "1.host", "", ""],
    ["1.host:2,SRS", "1.host", "RS", ""],
    ["1.host:2,S,x=Y", "1.host", "S", ""],
    ["1.host:1,experimental", "1.host", "", ""],
    ["-rf\n\u00ff:2,T", "-rf\n\u00ff", "T", ""],
    ["", "", "", ""],
  ])("%j is %j with flags %j and keywords %j", (name, base, flags, keywordLetters) => {
    expect(parseMaildirName(name)).toEqual({ base, flags, keywordLetters });
  });
});

describe("bytes for people", () => {
  test("are UTF-8 where they can be, and escaped where not", () => {
    expect(readable(Buffer.from("Entwürfe").toString("latin1"))).toBe("Entwürfe");
    expect(readable("a\u00ffb\n")).toBe(String.raw`a\xffb\x0a`);
  });
});
