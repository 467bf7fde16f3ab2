import { describe, expect, test } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { type LineInFileArgs, lineinfile } from "./lineinfile.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

type Edit = Omit<LineInFileArgs, "path">;

describe("lineinfile", () => {
  test.each<[string, string, Edit, string]>([
    ["adds at the end", "a\nb\n", { line: "c" }, "a\nb\nc\n"],
    ["closes an open last line", "a\nb", { line: "c" }, "a\nb\nc\n"],
    ["fills an empty file", "", { line: "c" }, "c\n"],
    ["replaces the last match", "x=1\ny\nx=2\n", { line: "x=3", regexp: "^x=" }, "x=1\ny\nx=3\n"],
    ["adds what no line matches", "a\n", { line: "x=3", regexp: "^x=" }, "a\nx=3\n"],
    ["inserts after the last match", "a\nb\na\nc\n", { line: "x", insertafter: "^a" }, "a\nb\na\nx\nc\n"],
    ["inserts before the last match", "a\nb\na\nc\n", { line: "x", insertbefore: "^a" }, "a\nb\nx\na\nc\n"],
    ["inserts at the start", "a\n", { line: "x", insertbefore: "BOF" }, "x\na\n"],
    ["adds at the end when nothing matches", "a\n", { line: "x", insertbefore: "^q" }, "a\nx\n"],
    ["takes EOF as a place", "a\n", { line: "EOF", insertafter: "EOF" }, "a\nEOF\n"],
    ["keeps Windows line ends", "a\r\nb\r\n", { line: "c" }, "a\r\nb\r\nc\r\n"],
    ["removes an exact line", "a\nab\na\n", { line: "a", state: "absent" }, "ab\n"],
    ["removes every match", "a\nab\nc\n", { regexp: "^a", state: "absent" }, "c\n"],
    ["removes an open last line", "a\nb", { line: "b", state: "absent" }, "a"],
  ])("%s", async (_what, before, edit, after) => {
    const host = new FakeHost({ files: { "/f": before } });
    const { change, left } = await runModule(lineinfile, { path: "/f", ...edit }, host);
    expect(await host.readText("/f")).toBe(after);
    expect(change?.diff).toEqual([{ path: "/f", before, after }]);
    expect(left).toBeUndefined();
  });

  test.each<[string, Edit]>([
    ["a\nb\n", { line: "a" }],
    ["a\nb", { line: "b" }],
    ["x=1\n", { line: "x=1", regexp: "^#x=" }],
    ["a\n", { line: "b", state: "absent" }],
  ])("has nothing to do in %j for %j", async (text, edit) => {
    const host = new FakeHost({ files: { "/f": text } });
    expect((await runModule(lineinfile, { path: "/f", ...edit }, host)).change).toBeUndefined();
  });

  test("makes a missing file only when told to", async () => {
    const host = new FakeHost();
    await expect(runModule(lineinfile, { path: "/f", line: "a" }, host)).rejects.toThrow("there is no file");
    await runModule(lineinfile, { path: "/f", line: "a", create: true, mode: "0600" }, host);
    expect(await host.stat("/f")).toMatchObject({ mode: "0600", sizeBytes: 2 });
    const gone = await runModule(lineinfile, { path: "/g", line: "a", state: "absent" }, host);
    expect(gone.change).toBeUndefined();
  });

  test("foresees a line in a file that an earlier task would have made", async () => {
    const context = fakeContext({ checkMode: true });
    const change = await lineinfile.check({ path: "/f", line: "a" }, new FakeHost().reader(), context);
    expect(change?.summary).toBe("create /f");
  });

  test("refuses an expression that is none", async () => {
    const run = runModule(
      lineinfile,
      { path: "/f", line: "a", regexp: "(" },
      new FakeHost({ files: { "/f": "" } }),
    );
    await expect(run).rejects.toBeInstanceOf(BadInput);
  });

  test.each([
    { path: "/f" },
    { path: "/f", regexp: "a" },
    { path: "/f", state: "absent" },
    { path: "f", line: "a" },
    { path: "/f", line: "a\nb" },
    { path: "/f", line: "a", insertafter: "a", insertbefore: "b" },
    { path: "/f", line: "a", backrefs: true },
  ])("its schema refuses %j", (args) => expect(refuses(lineinfile, args)).toBeDefined());
});
