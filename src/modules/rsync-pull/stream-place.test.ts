import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { streamPlaceFunctions } from "./stream-place.ts";

test("what a killed copy left goes into its place, but for devices that nobody took away yet", () => {
  const top = mkdtempSync(join(tmpdir(), "mailferry-place-"));
  onTestFinished(() => rmSync(top, { recursive: true, force: true }));
  const [dest, notes] = [join(top, "mail"), join(top, "notes")];
  const aside = join(dest, ".mailferry-streams");
  const domain = join(aside, "1", "example.org");
  for (const directory of [domain, join(notes, "streams")]) mkdirSync(directory, { recursive: true });
  writeFileSync(join(domain, "file"), "");
  execFileSync("mknod", ["-m", "0666", join(domain, "device"), "c", "1", "3"]);
  const { dev, ino } = statSync(aside);
  writeFileSync(join(notes, "streams", "place"), `${dev}:${ino}\n`);
  const script = `dest=$1; notes=$2; streams=$notes/streams; attributes=-a; code=0\n${streamPlaceFunctions}\nput_in_place && exit "$code"`;
  execFileSync("sh", ["-c", script, "sh", dest, notes]);
  expect(existsSync(aside)).toBe(false);
  expect(readdirSync(join(dest, "example.org"))).toEqual(["file"]);
});
