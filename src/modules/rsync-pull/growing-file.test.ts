import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { GrowingFile } from "./growing-file.ts";

async function growingFile(isKept = true) {
  const place = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const path = join(place, "sent");
  return { file: new GrowingFile(path, "old", { isKept }), path };
}

test("what comes is read as it comes, and the end once there is no more", async () => {
  const { file } = await growingFile();
  const read = file.read();
  file.take(Buffer.alloc(0));
  file.take(Buffer.from("one"));
  expect((await read.next()).value?.toString()).toBe("one");
  const next = read.next();
  file.take(Buffer.from("two"));
  expect((await next).value?.toString()).toBe("two");
  const last = read.next();
  file.end();
  expect((await last).done).toBe(true);
});

test("what came whole before anybody read it is read whole", async () => {
  const { file } = await growingFile();
  const sent = Buffer.alloc(600_000, "x");
  file.take(Buffer.alloc(0));
  file.take(sent);
  file.end();
  const pieces: Buffer[] = [];
  for await (const piece of file.read()) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(sent)).toBe(true);
});

test.each([
  [true, "the file is whole"],
  [false, "the file has only what the memory had no room for"],
])("a reader that falls behind reads on from where it was (kept: %s), and %s", async (isKept) => {
  const { file, path } = await growingFile(isKept);
  const read = file.read();
  const sent = Array.from({ length: 70 }, (_, index) =>
    Buffer.alloc(100_000, String.fromCharCode(48 + index)),
  );
  file.take(sent[0] as Buffer);
  const pieces = [(await read.next()).value as Buffer];
  for (const piece of sent.slice(1)) file.take(piece);
  file.end();
  for await (const piece of read) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(Buffer.concat(sent))).toBe(true);
  expect((await readFile(path)).equals(Buffer.concat(isKept ? sent : sent.slice(1)))).toBe(true);
});

test("what is not kept stays in the memory while it is read", async () => {
  const { file, path } = await growingFile(false);
  file.take(Buffer.from("one"));
  file.end();
  expect((await file.read().next()).value?.toString()).toBe("one");
  expect((await readFile(path)).length).toBe(0);
});
