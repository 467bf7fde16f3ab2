import { describe, expect, test } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { type ReplaceArgs, replace } from "./replace.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

type Edit = Omit<ReplaceArgs, "path">;

describe("replace", () => {
  test.each<[string, string, Edit, string]>([
    ["replaces every match", "a b a\na\n", { regexp: "a", replace: "x" }, "x b x\nx\n"],
    ["takes matches away", "a # b\nc # d\n", { regexp: " #.*$" }, "a\nc\n"],
    ["matches at every line", "old\nolder\n", { regexp: "^old$", replace: "new" }, "new\nolder\n"],
    ["puts groups in", "k=v\n", { regexp: "(\\w+)=(\\w+)", replace: "\\2:\\g<1>" }, "v:k\n"],
    ["puts a named group in", "k=v\n", { regexp: "=(?<v>\\w)", replace: " is \\g<v>" }, "k is v\n"],
    ["leaves a dollar alone", "a\n", { regexp: "a", replace: "$& $1" }, "$& $1\n"],
    ["puts in line ends and backslashes", "a\n", { regexp: "a", replace: "\\\\n\\nb" }, "\\n\nb\n"],
    [
      "works only behind a mark",
      "x\n[s]\nx\n",
      { regexp: "x", replace: "y", after: "\\[s\\]" },
      "x\n[s]\ny\n",
    ],
    [
      "works only before the last mark, as Ansible does",
      "x\n[s]\nx\n[s]\nx\n",
      { regexp: "x", replace: "y", before: "\\[s\\]" },
      "y\n[s]\ny\n[s]\nx\n",
    ],
    [
      "works between marks",
      "x\n<a>\nx\n</a>\nx</a>\n",
      { regexp: "x", replace: "y", after: "<a>", before: "</a>" },
      "x\n<a>\ny\n</a>\nx</a>\n",
    ],
    ["takes a flag in front", "ABC\n", { regexp: "(?i)abc", replace: "x" }, "x\n"],
  ])("%s", async (_what, before, edit, after) => {
    const host = new FakeHost({ files: { "/f": before } });
    const change = await replace.check({ path: "/f", ...edit }, host.reader(), fakeContext());
    expect(change?.diff).toEqual([{ path: "/f", before, after }]);
    await runModule(replace, { path: "/f", ...edit }, host);
    expect(await host.readText("/f")).toBe(after);
  });

  test.each<[string, Edit]>([
    ["a\n", { regexp: "b", replace: "c" }],
    ["a\n", { regexp: "a", replace: "a" }],
    ["a\n", { regexp: "a", replace: "b", after: "nowhere" }],
    ["a\n", { regexp: "a", replace: "b", before: "nowhere" }],
  ])("has nothing to do in %j for %j", async (text, edit) => {
    const host = new FakeHost({ files: { "/f": text } });
    expect((await runModule(replace, { path: "/f", ...edit }, host)).change).toBeUndefined();
  });

  test("keeps a backup, sets the mode, and has nothing left to do", async () => {
    const host = new FakeHost({ files: { "/f": "a\n" } });
    const args = { path: "/f", regexp: "a", replace: "b", backup: true, mode: "0600" };
    const { applied, left } = await runModule(replace, args, host);
    expect(await host.readText(String(applied?.result?.backup_file))).toBe("a\n");
    expect(await host.stat("/f")).toMatchObject({ mode: "0600" });
    expect(left).toBeUndefined();
  });

  test("wants the file to be there, but not in check mode, where an earlier task would have made it", async () => {
    const args = { path: "/f", regexp: "a" };
    await expect(runModule(replace, args)).rejects.toThrow("there is no file /f");
    const context = fakeContext({ checkMode: true });
    expect(await replace.check(args, new FakeHost().reader(), context)).toBeUndefined();
  });

  test.each<Edit>([
    { regexp: "(" },
    { regexp: "(?P<a>a)" },
    { regexp: "a\\Z" },
    { regexp: "a", replace: "\\1" },
    { regexp: "a", replace: "\\g<b>" },
    { regexp: "a", after: "(" },
  ])("refuses %j", async (edit) => {
    const host = new FakeHost({ files: { "/f": "a" } });
    await expect(runModule(replace, { path: "/f", ...edit }, host)).rejects.toBeInstanceOf(BadInput);
  });

  test.each([{ path: "/f" }, { path: "f", regexp: "a" }, { path: "/f", regexp: "a", line: "b" }])(
    "its schema refuses %j",
    (args) => expect(refuses(replace, args)).toBeDefined(),
  );
});
