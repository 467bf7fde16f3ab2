import { describe, expect, test } from "vitest";
import { compareQuotas, readQuota } from "./imap-quota.ts";

describe("a quota in IMAP", () => {
  test.each([
    ['* QUOTA "User quota" (STORAGE 10 512)', [["STORAGE", 10, 512]]],
    [
      "* QUOTA {3}\r\na)( (storage 0 9223372036854775807 MESSAGE 3 100)",
      [
        ["STORAGE", 0, 2 ** 63],
        ["MESSAGE", 3, 100],
      ],
    ],
    ['* QUOTA "" ()', []],
  ])("%j is read", (line, limits) => {
    expect(readQuota(line)).toEqual(limits.map(([resource, used, limit]) => ({ resource, used, limit })));
  });

  test.each([
    '* QUOTAROOT INBOX "User quota"',
    '* QUOTA "User quota"',
    "* QUOTA a (STORAGE x 512)",
    "* QUOTA a (STORAGE 1 99999999999999999999)",
    "* 3 EXISTS",
  ])("%j is none", (line) => {
    expect(readQuota(line)).toBeUndefined();
  });
});

describe("quotas of old and new", () => {
  const storage = (used: number, limit: number) => ({ resource: "STORAGE", used, limit });
  const message = (used: number, limit: number) => ({ resource: "MESSAGE", used, limit });

  test("are the same whatever is used of them, and however half a KiB was rounded", () => {
    expect(compareQuotas([], [])).toEqual([]);
    expect(compareQuotas([storage(7, 512)], [storage(400, 513)])).toEqual([]);
    expect(compareQuotas([message(7, 9), storage(7, 512)], [storage(6, 512), message(8, 9)])).toEqual([]);
    expect(compareQuotas([storage(1, 8), storage(1, 9)], [storage(1, 9), storage(1, 8)])).toEqual([]);
  });

  test("differ where a limit is another one, or on one side alone", () => {
    expect(compareQuotas([storage(7, 512)], [storage(9, 256)])).toEqual([
      { resource: "STORAGE", old: "7 of 512 KiB used", new: "9 of 256 KiB used" },
    ]);
    expect(compareQuotas([message(7, 100)], [message(7, 99)])).toHaveLength(1);
    expect(compareQuotas([], [message(1, 100)])).toEqual([
      { resource: "MESSAGE", old: "none", new: "1 of 100 messages used" },
    ]);
    expect(compareQuotas([storage(7, 512), storage(7, 9000)], [storage(7, 512)])).toEqual([
      { resource: "STORAGE", old: "7 of 512 KiB used and 7 of 9000 KiB used", new: "7 of 512 KiB used" },
    ]);
  });

  test("differ where somebody has more on new than fits, and had not on old", () => {
    expect(compareQuotas([storage(500, 512)], [storage(600, 512)])).toEqual([
      { resource: "STORAGE", old: "500 of 512 KiB used", new: "600 of 512 KiB used" },
    ]);
    expect(compareQuotas([storage(600, 512)], [storage(610, 512)])).toEqual([]);
    expect(compareQuotas([storage(500, 512)], [storage(513, 512)])).toEqual([]);
  });
});
