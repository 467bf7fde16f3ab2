import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readLimit } from "./limit-pattern.ts";

const directory = mkdtempSync(join(tmpdir(), "mailferry-limit-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
writeFileSync(join(directory, "few"), "# those that failed\r\nw1.example.org\n\n  web:!w2\n");
writeFileSync(join(directory, "none"), "# nobody\n");

test.each([
  [undefined, undefined],
  ["web:&old", "web:&old"],
  ["@few", "w1.example.org,web:!w2"],
  ["db, @few", "db,w1.example.org,web:!w2"],
])("%s", async (given, expected) => expect(await readLimit(given, directory)).toBe(expected));

test.each([
  ["@missing", "can't be read (ENOENT)"],
  ["@none", "names no host"],
])("%s is refused", async (given, message) => expect(readLimit(given, directory)).rejects.toThrow(message));
