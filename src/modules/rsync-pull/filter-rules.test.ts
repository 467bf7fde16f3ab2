import { describe, expect, test } from "vitest";
import { filterOptions, filterRules, leftOutBy } from "./filter-rules.ts";

describe("what stays behind of Maildirs", () => {
  const leftOut = leftOutBy(filterRules({ maildir: true }));
  test.each<[string, boolean, boolean]>([
    ["example.org/a/Maildir/dovecot.index.log", false, true],
    ["example.org/a/Maildir/.Sent/dovecot.index.cache", false, true],
    ["example.org/a/Maildir/dovecot-uidlist.lock", false, true],
    ["example.org/a/Maildir/dovecot-uidlist", false, false],
    ["example.org/a/Maildir/dovecot-keywords", false, false],
    ["example.org/a/Maildir/subscriptions", false, false],
    ["example.org/a/.dovecot.svbin", false, true],
    ["example.org/a/Maildir/.my.lock", true, false],
    ["example.org/a/Maildir/.my.lock/cur/1.a", false, false],
    ["example.org/dovecot.index/Maildir/cur/1.a", false, false],
  ])("%s", (path, isDirectory, expected) => {
    expect(leftOut(path, isDirectory)).toBe(expected);
  });

  test("is handed to rsync so that a directory that is gone can still be removed", () => {
    expect(filterOptions(filterRules({ maildir: true, exclude: ["/lost+found/"] }))).toEqual([
      "--filter=- /lost+found/",
      "--filter=+ */",
      "--filter=-p dovecot.index*",
      "--filter=-p dovecot.list.index*",
      "--filter=-p dovecot.mailbox.log*",
      "--filter=-p *.lock",
      "--filter=-p *.svbin",
    ]);
  });
});

describe("patterns of rsync", () => {
  test.each<[string, string, boolean, boolean]>([
    ["*.tmp", "a/b.tmp", false, true],
    ["*.tmp", "a/b.tmpx", false, false],
    ["/top", "top", false, true],
    ["/top", "a/top", false, false],
    ["dir/", "a/dir/file", false, true],
    ["dir/", "a/dir", false, false],
    ["a/b", "x/a/b", false, true],
    ["a/*", "x/a/b/c", false, true],
    ["/a/**/z", "a/b/c/z", false, true],
    ["[a-c]?", "x/b1", false, true],
    ["[!a-c]?", "x/b1", false, false],
    ["a+b", "a+b", false, true],
    ["a\\*b*", "a*bc", false, true],
    ["a\\*b*", "axbc", false, false],
  ])("%s leaves out %s (directory: %s): %s", (pattern, path, isDirectory, expected) => {
    expect(leftOutBy(filterRules({ exclude: [pattern] }))(path, isDirectory)).toBe(expected);
  });

  test("files alone are taken, by their names as they are", () => {
    const rules = filterRules({ files: ["dump.rdb", "a[1].map"] });
    expect(filterOptions(rules)).toEqual(["--filter=+ /dump.rdb", "--filter=+ /a\\[1].map", "--filter=- /*"]);
    const leftOut = leftOutBy(rules);
    expect(["dump.rdb", "a[1].map", "a1.map", "other"].map((path) => leftOut(path, false))).toEqual([
      ...[false, false, true, true],
    ]);
  });
});
