import { execFileSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Secret } from "../contract/secret.ts";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { KeyFileUnusable } from "./errors.ts";
import { shareKeys } from "./key-file.ts";

/** Makes a key in place of the one that is there. */
function makeKey(file: string, passphrase = ""): void {
  rmSync(file, { force: true });
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-f", file]);
}

test("shareKeys reads a file once for all hosts that ask at the same moment, until it is another", async () => {
  const file = join(temporaryDirectory(), "key");
  makeKey(file);
  const readKey = shareKeys();
  const [one, other] = await Promise.all(["a", "b"].map((host) => readKey(file, undefined, host)));
  expect(other).toBe(one);
  makeKey(file);
  const next = await readKey(file, undefined, "a");
  expect(next.getPublicSSH()).not.toEqual(one?.getPublicSSH());
  chmodSync(file, 0o644);
  await expect(readKey(file, undefined, "a")).rejects.toThrow("others can read");
});

test("shareKeys takes another passphrase anew, and tells each host of its own", async () => {
  const file = join(temporaryDirectory(), "key");
  makeKey(file, "let me in");
  const readKey = shareKeys();
  const right = new Secret("let me in");
  const wrong = new Secret("guess");
  await expect(readKey(file, undefined, "a")).rejects.toMatchObject({ host: "a" });
  expect(await readKey(file, right, "a")).toBe(await readKey(file, new Secret("let me in"), "b"));
  const refused = ["a", "b"].map((host) => readKey(file, wrong, host).catch((error: unknown) => error));
  for (const [index, error] of (await Promise.all(refused)).entries()) {
    expect(error).toBeInstanceOf(KeyFileUnusable);
    expect(error).toMatchObject({ host: ["a", "b"][index] });
  }
});
