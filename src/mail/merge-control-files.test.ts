import { describe, expect, test } from "vitest";
import { mergeKeywords, mergeSubscriptions, mergeUidlists } from "./merge-control-files.ts";

describe("two uidlists of one folder", () => {
  const own = "3 V7 N4 Gabc\n1 :1.a:2,S\n3 W9 :3.c\n";

  test("give the messages that came on new the UIDs that clients know them by", () => {
    const more = "3 V7 N7 Gdef\n1 :1.a\n4 S5 :4.d,S=5\n6 :6.f\n";
    expect(mergeUidlists(own, more)).toEqual({
      text: "3 V7 N7 Gabc\n1 :1.a:2,S\n3 W9 :3.c\n4 S5 :4.d,S=5\n6 :6.f\n",
      conflict: undefined,
    });
  });

  test("keep the higher next UID, also where what had it is gone", () => {
    expect(mergeUidlists(own, "3 V7 N9 Gabc\n1 :1.a\n").text).toBe("3 V7 N9 Gabc\n1 :1.a:2,S\n3 W9 :3.c\n");
  });

  test("are the same when joined again", () => {
    const more = "3 V7 N7 Gdef\n1 :1.a\n4 :4.d\n";
    expect(mergeUidlists(mergeUidlists(own, more).text, more).text).toBeUndefined();
    expect(mergeUidlists(own, own)).toEqual({ text: undefined, conflict: undefined });
  });

  test("never give a UID to two messages, nor one that a client knows another message by", () => {
    expect(mergeUidlists(own, "3 V7 N7 Gabc\n3 :5.e\n")).toEqual({
      text: "3 V7 N7 Gabc\n1 :1.a:2,S\n3 W9 :3.c\n",
      conflict: "other UIDs",
    });
    expect(mergeUidlists(own, "3 V7 N9 Gabc\n8 :1.a\n").text).toBe("3 V7 N9 Gabc\n1 :1.a:2,S\n3 W9 :3.c\n");
  });

  test("stay apart when clients load the folder anew anyway, or nobody knows what they say", () => {
    expect(mergeUidlists(own, "3 V8 N2 Gabc\n1 :1.a\n")).toEqual({ conflict: "another UIDVALIDITY" });
    expect(mergeUidlists(own, "1 7 2\n1 1.a\n").conflict).toBe("a uidlist of an unknown form");
    expect(mergeUidlists("3 V7 N4\nnonsense\n", own).conflict).toBe("a uidlist of an unknown form");
  });

  test("of a folder that only new has are new's", () => {
    expect(mergeUidlists(undefined, own)).toEqual({ text: own });
  });

  test("match messages by the names that they are given, and list those that come under them", () => {
    const more = "3 V7 N9 Gabc\n1 Ga :9.new\n3 :3.c\n5 Gff00 :8.new,S=2:2,S\n6 :gone\n";
    const names = {
      own: (base: string) => (base === "gone.too" ? undefined : ({ "1.a": "a" }[base] ?? base)),
      more: (base: string) => ({ "9.new": "a", "8.new,S=2": "ff00", "3.c": "3.c" })[base],
    };
    const here = "3 V7 N4 Gabc\n1 :1.a:2,S\n2 :gone.too\n3 W9 :3.c\n";
    expect(mergeUidlists(here, more, names)).toEqual({
      text: "3 V7 N9 Gabc\n1 :1.a:2,S\n2 :gone.too\n3 W9 :3.c\n5 :ff00\n",
      conflict: undefined,
    });
    expect(mergeUidlists(undefined, more, names).text).toBe("3 V7 N9 Gabc\n1 :a\n3 :3.c\n5 :ff00\n");
  });
});

describe("two dovecot-keywords of one folder", () => {
  test("grow, and no letter gets another meaning", () => {
    const merged = mergeKeywords("0 $Forwarded\n1 Junk\n", "0 $Forwarded\n1 Work\n2 Junk\n");
    expect(merged.text).toBe("0 $Forwarded\n1 Junk\n2 Work\n");
    expect(["a", "b", "c", "d"].map((letter) => merged.letterFor(letter))).toEqual([
      "a",
      "c",
      "b",
      undefined,
    ]);
  });

  test("that say the same in other places are not written", () => {
    const merged = mergeKeywords("0 A\n1 B\n", "0 B\n1 A\n");
    expect(merged.text).toBeUndefined();
    expect(merged.letterFor("a")).toBe("b");
  });

  test("that are more than there are letters say so", () => {
    const full = Array.from({ length: 26 }, (_none, place) => `${place} k${place}\n`).join("");
    expect(mergeKeywords(full, "0 other\n")).toMatchObject({ text: undefined, conflict: expect.any(String) });
  });
});

describe("two subscriptions of one Maildir", () => {
  test.each([
    ["V\t2\n\nSent\n", "V\t2\n\nSent\nWork\tA\n", "V\t2\n\nSent\nWork\tA\n"],
    ["Sent\n", "V\t2\n\nWork\tA\n", "Sent\nWork.A\n"],
    ["V\t2\n\nSent", "Work.A\n", "V\t2\n\nSent\nWork\tA\n"],
    [undefined, "Sent\n", "Sent\n"],
    ["V\t2\n\nSent\nOld\n", "V\t2\n\nSent\n", undefined],
  ])("%j and %j", (own, more, text) => {
    expect(mergeSubscriptions(own, more).text).toBe(text);
  });
});
