import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { GrowingFile } from "./growing-file.ts";

async function growingFile() {
  const place = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  return new GrowingFile(join(place, "sent"), "old");
}

test("what comes is read as it comes, and the end once there is no more", async () => {
  const file = await growingFile();
  const read = file.read();
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
  const file = await growingFile();
  const sent = Buffer.alloc(600_000, "x");
  file.take(sent);
  file.end();
  const pieces: Buffer[] = [];
  for await (const piece of file.read()) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(sent)).toBe(true);
});
