import { describe, expect, test } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { type BlockInFileArgs, blockinfile } from "./blockinfile.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

type Edit = Omit<BlockInFileArgs, "path">;

const begin = "# BEGIN ANSIBLE MANAGED BLOCK\n";
const end = "# END ANSIBLE MANAGED BLOCK\n";

describe("blockinfile", () => {
  test.each<[string, string, Edit, string]>([
    ["adds at the end", "a\n", { block: "x\ny" }, `a\n${begin}x\ny\n${end}`],
    ["closes an open last line", "a", { block: "x\n" }, `a\n${begin}x\n${end}`],
    ["fills an empty file", "", { block: "x" }, `${begin}x\n${end}`],
    ["replaces what is between", `a\n${begin}old\n${end}b\n`, { block: "x" }, `a\n${begin}x\n${end}b\n`],
    ["keeps empty lines", "", { block: "x\n\ny\n" }, `${begin}x\n\ny\n${end}`],
    ["goes behind a line", "a\nb\nc\n", { block: "x", insertafter: "^a" }, `a\n${begin}x\n${end}b\nc\n`],
    ["goes before a line", "a\nb\n", { block: "x", insertbefore: "^b" }, `a\n${begin}x\n${end}b\n`],
    ["goes to the start", "a\n", { block: "x", insertbefore: "BOF" }, `${begin}x\n${end}a\n`],
    ["goes to the end", "EOF\na\n", { block: "x", insertafter: "EOF" }, `EOF\na\n${begin}x\n${end}`],
    [
      "takes marks of one's own",
      "",
      { block: "x", marker: "<!-- {mark} -->" },
      "<!-- BEGIN -->\nx\n<!-- END -->\n",
    ],
    [
      "takes words of one's own",
      "",
      { block: "x", marker: "# {mark}", marker_begin: "from", marker_end: "to" },
      "# from\nx\n# to\n",
    ],
    ["takes it out", `a\n${begin}x\n${end}b\n`, { state: "absent" }, "a\nb\n"],
    ["takes it out for an empty block", `a\n${begin}x\n${end}`, { block: "" }, "a\n"],
    ["puts marks in order", `${end}x\n${begin}`, { block: "x" }, `${begin}x\n${end}`],
    ["keeps Windows line ends", "a\r\n", { block: "x", marker: "{mark}" }, "a\r\nBEGIN\r\nx\r\nEND\r\n"],
  ])("%s", async (_what, before, edit, after) => {
    const host = new FakeHost({ files: { "/f": before } });
    const { change, left } = await runModule(blockinfile, { path: "/f", ...edit }, host);
    expect(await host.readText("/f")).toBe(after);
    expect(change?.diff).toEqual([{ path: "/f", before, after }]);
    expect(left).toBeUndefined();
  });

  test.each<[string, Edit]>([
    [`a\n${begin}x\n${end}b`, { block: "x" }],
    ["a", { state: "absent", block: "x" }],
  ])("has nothing to do in %j for %j", async (text, edit) => {
    const host = new FakeHost({ files: { "/f": text } });
    expect((await runModule(blockinfile, { path: "/f", ...edit }, host)).change).toBeUndefined();
  });

  test("makes a missing file only when told to", async () => {
    const host = new FakeHost();
    await expect(runModule(blockinfile, { path: "/f", block: "a" }, host)).rejects.toThrow(
      "there is no file",
    );
    await runModule(blockinfile, { path: "/f", block: "a", create: true, mode: "0600" }, host);
    expect(await host.stat("/f")).toMatchObject({ mode: "0600" });
    const gone = await runModule(blockinfile, { path: "/g", state: "absent" }, host);
    expect(gone.change).toBeUndefined();
  });

  test("foresees a block in a file that an earlier task would have made", async () => {
    const context = fakeContext({ checkMode: true });
    const change = await blockinfile.check({ path: "/f", block: "a" }, new FakeHost().reader(), context);
    expect(change?.summary).toBe("create /f");
  });

  test.each<Edit>([
    { block: "a", insertafter: "(" },
    { block: "a", marker_begin: "A", marker_end: "A" },
  ])("refuses %j", async (edit) => {
    const host = new FakeHost({ files: { "/f": "" } });
    await expect(runModule(blockinfile, { path: "/f", ...edit }, host)).rejects.toBeInstanceOf(BadInput);
  });

  test.each([
    {},
    { path: "f" },
    { path: "/f", marker: "# managed" },
    { path: "/f", marker: "# {mark}\n" },
    { path: "/f", insertafter: "a", insertbefore: "b" },
    { path: "/f", content: "x" },
  ])("its schema refuses %j", (args) => expect(refuses(blockinfile, args)).toBeDefined());
});
