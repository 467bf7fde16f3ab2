import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandFailed } from "../contract/errors.ts";
import { CommandRunner } from "./command-runner.ts";
import { OutputTooLong } from "./errors.ts";
import { lookAtEntry, readFile, statFile } from "./files.ts";
import { KeptShells } from "./kept-shells.ts";
import { LocalLink } from "./local-link.ts";
import { ReadBatch } from "./read-batch.ts";

const link = new LocalLink({ PATH: "/usr/bin:/bin" });
const kept = new KeptShells();
const user = { host: "here", loginUser: undefined, become: undefined };
const runner = new CommandRunner({ link: async () => link, kept }, user, 20_000);
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-reads-"));
  mkdirSync(join(directory, "inside"));
  symlinkSync("inside", join(directory, "link"));
  writeFileSync(join(directory, "empty"), "");
  writeFileSync(join(directory, "bytes"), Buffer.from([0, 255, 10, 0, 13, 10]));
});
afterAll(() => {
  kept.close();
  rmSync(directory, { recursive: true });
});

/** Reads that count their round trips. */
function counted() {
  const trips = { count: 0 };
  const run: CommandRunner["run"] = (...all) => {
    trips.count += 1;
    return runner.run(...all);
  };
  return { trips, reads: new ReadBatch({ run }), at: (name: string) => join(directory, name) };
}

test("reads that are asked for at the same moment are one round trip, each with its own end", async () => {
  const { trips, reads, at } = counted();
  const all = await Promise.allSettled([
    statFile(reads, at("link"), "here"),
    readFile(reads, at("bytes"), "here"),
    readFile(reads, at("missing"), "here"),
    readFile(reads, at("inside"), "here"),
    readFile(reads, at("empty"), "here"),
    lookAtEntry(reads, at("bytes"), "here"),
    lookAtEntry(reads, at("inside"), "here"),
    lookAtEntry(reads, at("missing"), "here"),
  ]);
  expect(trips.count).toBe(1);
  const [link, bytes, missing, inside, empty, entry, directoryEntry, nothing] = all;
  expect(link).toMatchObject({ value: { type: "link", target: "inside" } });
  expect(bytes).toMatchObject({ value: Buffer.from([0, 255, 10, 0, 13, 10]) });
  expect(missing).toEqual({ status: "fulfilled", value: undefined });
  expect(inside).toMatchObject({ status: "rejected", reason: expect.any(CommandFailed) });
  expect(empty).toMatchObject({ value: Buffer.alloc(0) });
  expect(entry).toMatchObject({
    value: { stat: { type: "file", sizeBytes: 6 }, content: Buffer.from([0, 255, 10, 0, 13, 10]) },
  });
  expect(directoryEntry).toMatchObject({ value: { stat: { type: "directory" }, content: undefined } });
  expect(nothing).toEqual({ status: "fulfilled", value: undefined });
});

test("a read that comes later is a round trip of its own", async () => {
  const { trips, reads, at } = counted();
  await statFile(reads, at("bytes"), "here");
  await statFile(reads, at("bytes"), "here");
  expect(trips.count).toBe(2);
});

test("more reads than fit in one go are read in several", async () => {
  const { trips, reads, at } = counted();
  const all = await Promise.all(Array.from({ length: 120 }, () => statFile(reads, at("bytes"), "here")));
  expect(all.map((stat) => stat?.sizeBytes)).toEqual(Array.from({ length: 120 }, () => 6));
  expect(trips.count).toBe(3);
});

test("a file that is too long takes nothing from the others", async () => {
  const { reads, at } = counted();
  writeFileSync(at("long"), Buffer.alloc(17 * 1024 * 1024));
  const [long, bytes] = await Promise.allSettled([
    readFile(reads, at("long"), "here"),
    readFile(reads, at("bytes"), "here"),
  ]);
  expect(long).toMatchObject({ status: "rejected", reason: expect.any(OutputTooLong) });
  expect(bytes).toMatchObject({ status: "fulfilled", value: Buffer.from([0, 255, 10, 0, 13, 10]) });
});

test("a command that can't be run fails all that wait for it", async () => {
  const failing = new ReadBatch({ run: () => Promise.reject(new Error("the link is gone")) });
  const all = await Promise.allSettled([failing.read("stat", "/a"), failing.read("file", "/b")]);
  expect(all.map((one) => one.status === "rejected" && (one.reason as Error).message)).toEqual([
    "the link is gone",
    "the link is gone",
  ]);
});
