import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { controlPath, writeControlFile } from "./control-file.ts";

describe("a file on the controller", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "mailferry-test-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("is written in pieces, with its directories, for its user alone", async () => {
    const path = join(directory, "a/b");
    await writeControlFile(path, async (write) => {
      for (const piece of ["one", "two"]) write(Buffer.from(piece));
      expect(readdirSync(join(directory, "a"))).not.toContain("b");
    });
    expect(readFileSync(path, "utf8")).toBe("onetwo");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(directory, "a"))).toEqual(["b"]);
  });

  test("stays what it was when the writing fails", async () => {
    const path = join(directory, "b");
    await writeControlFile(path, async (write) => write(Buffer.from("one")));
    const failing = writeControlFile(path, async (write) => {
      write(Buffer.from("two"));
      throw new Error("the link is lost");
    });
    await expect(failing).rejects.toThrow("the link is lost");
    expect(readFileSync(path, "utf8")).toBe("one");
    expect(readdirSync(directory)).toEqual(["b"]);
  });

  test.each([
    ["backups/", "/srv/play/backups"],
    ["../a", "/srv/a"],
    ["/a/../b", "/b"],
    ["~/a", join(homedir(), "a")],
    ["~a", "/srv/play/~a"],
  ])("%s is %s", (path, absolute) => expect(controlPath(path, "/srv/play")).toBe(absolute));
});
