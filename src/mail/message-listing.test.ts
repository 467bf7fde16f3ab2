import { expect, test } from "vitest";
import { readMessages } from "./message-listing.ts";

async function read(...records: string[]): Promise<unknown[]> {
  const text = (async function* () {
    yield records.map((record) => `${record}\0`).join("");
  })();
  const messages: unknown[] = [];
  for await (const message of readMessages(text)) messages.push(message);
  return messages;
}

test("reads a message of a folder and of the root", async () => {
  expect(await read("a/Maildir//1.x//cur//:2,S//5", "//2.x//new////7")).toEqual([
    { folder: "a/Maildir", base: "1.x", place: "cur", rest: ":2,S", sizeBytes: 5 },
    { folder: "", base: "2.x", place: "new", rest: "", sizeBytes: 7 },
  ]);
});

test.each([
  "../other//1.x//cur//:2,//5",
  "a/../../b//1.x//cur//:2,//5",
  "a//..//cur////5",
  "a//1.x//cur//:2,/../../../b//5",
  "a//b/1.x//cur//:2,//5",
])("takes nothing that leads elsewhere: %s", async (record) => {
  await expect(read(record)).rejects.toThrow("which no find prints");
});
