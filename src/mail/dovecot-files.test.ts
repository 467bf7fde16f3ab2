import { describe, expect, test } from "vitest";
import { keywordNames, parseKeywords } from "./dovecot-keywords.ts";
import { parseSubscriptions } from "./dovecot-subscriptions.ts";
import { parseUidlist } from "./dovecot-uidlist.ts";

describe("dovecot-uidlist", () => {
  test("version 3: header, fields, names with flags, the last line of a name wins", () => {
    const list = parseUidlist(
      [
        "3 V1795314914 N5 G2a7bd03422",
        "1 :1.M1.h,S=3:2,S",
        "3 W27 S25 :2 with blank :x.h",
        "9 G00ff Pcourier-9 :1.M3.h",
        "12 :1.M1.h,S=3",
        "nonsense",
        "",
      ].join("\n"),
    );
    expect(list).toMatchObject({ uidValidity: 1795314914, nextUid: 13, malformed: 1 });
    expect([...list.uids]).toEqual([
      ["1.M1.h,S=3", 12],
      ["2 with blank ", 3],
      ["1.M3.h", 9],
    ]);
    expect([...list.guids]).toEqual([["1.M3.h", "00ff"]]);
    expect([...list.uidls]).toEqual([["1.M3.h", "courier-9"]]);
  });

  test("a GUID has the blanks that a file's name had", () => {
    const { guids } = parseUidlist('3 V1 N9\n7 G1.M1.it\'s "$(x)" {{ a }} Pold :2.M2.h\n');
    expect([...guids]).toEqual([["2.M2.h", '1.M1.it\'s "$(x)" {{ a }}']]);
  });

  test("version 1", () => {
    const list = parseUidlist("1 1000 4\n2 1.M1.h:2,S\n");
    expect(list).toMatchObject({ uidValidity: 1000, nextUid: 4 });
    expect([...list.uids]).toEqual([["1.M1.h", 2]]);
  });

  test("an empty or torn file knows nothing", () => {
    expect(parseUidlist("")).toMatchObject({ uidValidity: undefined, nextUid: undefined });
    expect(parseUidlist("3 V10 N").nextUid).toBeUndefined();
  });
});

describe("dovecot-keywords", () => {
  test("names stand behind letters; one without a name shows", () => {
    const names = parseKeywords("0 $Forwarded\n2 kw with blank\nnonsense\n");
    expect(keywordNames("ac", names)).toEqual(["$Forwarded", "kw with blank"]);
    expect(keywordNames("b", names)).toEqual(["?b"]);
  });
});

describe("subscriptions", () => {
  test("both versions give the parts of names", () => {
    expect(parseSubscriptions("V\t2\n\nSent\nLists\tDev\nodd\x01tname\n")).toEqual([
      ["Sent"],
      ["Lists", "Dev"],
      ["odd\tname"],
    ]);
    expect(parseSubscriptions("Sent\nLists.Dev\n")).toEqual([["Sent"], ["Lists", "Dev"]]);
    expect(parseSubscriptions("")).toEqual([]);
  });
});
