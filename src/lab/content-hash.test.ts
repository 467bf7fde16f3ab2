import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { contentHash } from "./content-hash.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mailferry-hash-"));
  await mkdir(join(directory, "a"));
  await writeFile(join(directory, "a", "one"), "1");
});

afterEach(() => rm(directory, { recursive: true }));

const hash = (texts: readonly string[] = []) => contentHash({ texts, paths: [directory] });

it("is the same for the same content", async () => {
  expect(await hash(["x"])).toBe(await hash(["x"]));
});

it("changes with a text, a file's content, its name and its executable bit", async () => {
  const file = join(directory, "a", "one");
  const seen = new Set([await hash(), await hash(["x"]), await hash(["x", ""])]);
  await writeFile(file, "2");
  seen.add(await hash());
  await chmod(file, 0o755);
  seen.add(await hash());
  await rename(file, join(directory, "a", "two"));
  seen.add(await hash());
  expect(seen.size).toBe(6);
});
