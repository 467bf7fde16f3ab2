import { describe, expect, test } from "vitest";
import { tempfile } from "./tempfile.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

describe("tempfile", () => {
  test("makes a file that is its user's alone, and another one each time", async () => {
    const host = new FakeHost();
    const paths = [];
    for (let run = 0; run < 2; run++) paths.push((await runModule(tempfile, {}, host)).applied?.result?.path);
    expect(new Set(paths).size).toBe(2);
    for (const path of paths) {
      expect(path).toMatch(/^\/tmp\/mailferry\./);
      expect(await host.stat(String(path))).toMatchObject({ type: "file", mode: "0600", sizeBytes: 0 });
    }
  });

  test("makes a directory where and as it is named", async () => {
    const host = new FakeHost({ files: { "/srv/it's": { type: "directory" } } });
    const args = { state: "directory" as const, path: "/srv/it's/", prefix: "-a", suffix: ".d" };
    const { applied } = await runModule(tempfile, args, host);
    const path = String(applied?.result?.path);
    expect(path).toMatch(/^\/srv\/it's\/-a.+\.d$/);
    expect(await host.stat(path)).toMatchObject({ type: "directory", mode: "0700" });
  });

  test("fails where there is no directory", async () => {
    await expect(runModule(tempfile, { path: "/none" })).rejects.toThrow("No such file or directory");
  });

  test.each([{ state: "link" }, { path: "tmp" }, { prefix: "a/b" }, { suffix: "/../x" }])(
    "its schema refuses %j",
    (args) => expect(refuses(tempfile, args)).toBeDefined(),
  );
});
