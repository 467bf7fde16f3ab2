import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import type { HostReader } from "../../contract/host.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { filterRules } from "./filter-rules.ts";
import { readListing, takeListing } from "./listing.ts";

const rules = filterRules({ maildir: true });

/** A mail root with one mailbox, and a host whose find may be another one. */
async function mailRoot(find?: string) {
  const place = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const [root, bin] = [join(place, "vmail"), join(place, "bin")];
  for (const inside of ["cur", "new", "tmp"])
    await mkdir(join(root, "a/Maildir", inside), { recursive: true });
  await writeFile(join(root, "a/Maildir/cur/1.x:2,S"), "");
  await writeFile(join(root, "a/Maildir/dovecot-uidlist"), "");
  await writeFile(join(root, "a/Maildir/dovecot.index.log"), "");
  await mkdir(bin);
  if (find !== undefined) {
    await writeFile(join(bin, "find"), `#!/bin/sh\n${find}\n`);
    await chmod(join(bin, "find"), 0o755);
  }
  const host = new FakeHost({ name: "old", commands: [{ argv: ["sh"], answer: localShellWith(bin) }] });
  return { root, host, file: join(place, "listing") };
}

async function recordsOf(file: string, pieces = readListing(file)) {
  const records = [];
  for await (const piece of pieces) records.push(...piece);
  return records;
}

test("names directories and control files, leaf folders as such, and no message", async () => {
  const { root, host, file } = await mailRoot();
  await takeListing(host, root, rules, "cold", file).listing;
  expect((await recordsOf(file)).map((record) => record.split(" ", 1)[0])).toEqual([
    "a//d",
    "a/Maildir//d",
    "a/Maildir/cur//F",
    "a/Maildir/dovecot-uidlist//f",
    "a/Maildir/new//F",
    "a/Maildir/tmp//F",
  ]);
});

/** What a listing without the file `two` names, told by one find. */
const oneFind = String.raw`find . -mindepth 1 ! -type d -name two -o \
  -type d \( -name cur -o -name new -o -name tmp \) -links 2 -printf '%P//F\0' -prune -o \
  -printf '%P//%y\0' | LC_ALL=C sort -z`;

test("two finds tell every tree whole, each entry once and in order", async () => {
  const { root, host, file } = await mailRoot();
  const names = ["a", "b", "cur", "new\n", "-x", "\u00ff", "e."];
  const directories = names.flatMap((one) =>
    names.flatMap((two) => [`${one}/${two}/cur`, `${one}/${two}/x/y`]),
  );
  // The root may be a Maildir itself, and so may each directory below it.
  for (const path of [...directories, "tmp", "z/new"]) await mkdir(join(root, path), { recursive: true });
  const files = ["", "a/", "b/", "a/b/", "b/a/x/", "b/a/cur/", "tmp/"].flatMap((at) => [
    `${at}one`,
    `${at}two`,
  ]);
  for (const path of files) await writeFile(join(root, path), "");
  await symlink("b", join(root, "link"));
  await takeListing(host, root, [{ action: "exclude", pattern: "two" }], "cold", file).listing;
  const told = (await recordsOf(file)).map((record) => record.split(" ", 1)[0]);
  const { stdout } = await promisify(execFile)("sh", ["-c", oneFind], { cwd: root, encoding: "latin1" });
  expect(told).toEqual(stdout.split("\0").slice(0, -1));
  expect(told.length).toBeGreaterThan(150);
});

// What the rest of the tree would look like is: gone.
test.each(["hot", "cold"] as const)("a find that is killed half-way makes no listing, %s", async (phase) => {
  const { root, host, file } = await mailRoot(`printf 'a//d - - 755 0 0\\0'; kill -9 $$`);
  await expect(takeListing(host, root, rules, phase, file).listing).rejects.toThrow("could be listed");
});

test("what goes away while it is listed is no fault while the mailboxes are in use", async () => {
  const { root, host, file } = await mailRoot(`echo "find: ./b: No such file or directory" >&2; exit 1`);
  await expect(takeListing(host, root, rules, "hot", file).listing).resolves.toMatchObject({ file });
  await expect(takeListing(host, root, rules, "cold", file).listing).rejects.toThrow(
    "./b: No such file or directory",
  );
});

test("a listing that was cut short is told, and where it lies", async () => {
  const { file } = await mailRoot();
  await writeFile(file, gzipSync("a//d - - 755 0 0\0b//d - - 7"));
  await expect(recordsOf(file)).rejects.toThrow(`${file} is cut short`);
  await writeFile(file, gzipSync("a//d - - 755 0 0\0").subarray(0, -4));
  await expect(recordsOf(file)).rejects.toThrow(`${file} is cut short`);
});

/** A host that sends a listing in pieces, each when it is asked to, and then says how it ended. */
function hostInPieces() {
  let send: (bytes: Buffer) => void = () => {};
  let end: (told: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const probe: HostReader["probe"] = async (_argv, options = {}) => {
    send = (bytes) => options.onStdout?.(bytes);
    return { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.from(await ended) };
  };
  const host: HostReader = Object.assign(new FakeHost({ name: "old" }), { probe });
  return { host, send: (bytes: Buffer) => send(bytes), end: (told: string) => end(told) };
}

const whole = ["started 1", "found 0", "found 0", "sorted 0", "sorted 0", "merged 0", "packed 0"]
  .map((line) => `mailferry: ${line}\n`)
  .join("");

test("a listing is read while it comes", async () => {
  const { file } = await mailRoot();
  const { host, send, end } = hostInPieces();
  const { listing, records } = takeListing(host, "/vmail", rules, "cold", file);
  send(gzipSync("a//d - - 755 0 0\0"));
  expect((await records.next()).value).toEqual(["a//d - - 755 0 0"]);
  send(gzipSync("b//d - - 755 0 0\0"));
  end(whole);
  expect(await recordsOf(file, records)).toEqual(["b//d - - 755 0 0"]);
  expect(await listing).toEqual({ file, startedAt: 1 });
  expect(await recordsOf(file)).toHaveLength(2);
});

test("what came of a listing that was cut short is not taken for all of it", async () => {
  const { file } = await mailRoot();
  const { host, send, end } = hostInPieces();
  const { listing, records } = takeListing(host, "/vmail", rules, "cold", file);
  send(gzipSync("a//d - - 755 0 0\0").subarray(0, -4));
  end(whole.replace("packed 0", "packed 1"));
  await expect(listing).rejects.toThrow("could be listed");
  await expect(recordsOf(file, records)).rejects.toThrow(`${file} is cut short`);
});
