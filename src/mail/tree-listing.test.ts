import { expect, test } from "vitest";
import { compareListings } from "./tree-listing.ts";

async function* listing(...records: string[]): AsyncGenerator<readonly string[]> {
  for (const record of records) yield [record];
}

const before = [
  "a//d - - 755 0 0",
  "a/cur//F 100.5 100.5 7 700 5 5",
  "a/list//f 100 100 30 8 600 5 5",
  "a/new//F 100 100 9 700 5 5",
  "b//d - - 755 0 0",
];

test("nothing has changed where all facts are the same", async () => {
  const change = await compareListings(listing(...before), listing(...before), 101);
  expect(change).toMatchObject({
    entriesBefore: 5,
    entriesNow: 5,
    folders: [],
    changed: [],
    standing: ["a", "b"],
  });
});

test("tells folders from files, and what is gone", async () => {
  const now = [
    "a//d - - 755 0 0",
    "a/cur//F 200.5 200.5 7 700 5 5",
    "a/list//f 100 150 30 8 600 5 5",
    "c//d - - 755 0 0",
  ];
  expect(await compareListings(listing(...before), listing(...now), 101)).toMatchObject({
    folders: ["a/cur"],
    changed: ["a/list", "c"],
    standing: ["a"],
    goneFolders: ["a/new"],
    goneDirectories: ["b"],
    goneFiles: [],
    kindChanged: false,
  });
});

test("what had changed within the clock's grain may have changed again", async () => {
  const change = await compareListings(listing(...before), listing(...before), 100.2);
  expect(change).toMatchObject({ folders: ["a/cur"], changed: [] });
});

test("a folder that got directories is of another kind", async () => {
  const now = before.map((record) => record.replace("a/cur//F 100.5 100.5 7", "a/cur//d - -"));
  expect(await compareListings(listing(...before), listing(...now), 101)).toMatchObject({
    kindChanged: true,
  });
});

test.each(["../../etc/cron.d//F 1 1 1 700 0 0", "a/../b//F 1 1 1 700 0 0", "a"])(
  "a record that no find prints is no entry: %s",
  async (record) => {
    await expect(compareListings(listing(...before), listing(record), 101)).rejects.toThrow("no find prints");
    await expect(compareListings(listing(record), listing(...before), 101)).rejects.toThrow("no find prints");
  },
);
