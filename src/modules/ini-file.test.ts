import { describe, expect, test } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { type IniFileArgs, iniFile } from "./ini-file.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

type Edit = Omit<IniFileArgs, "path">;

const two = "top = 1\n\n[a]\nx = 1\n# y = 2\n\n[b]\nx = 3\n";

describe("ini_file", () => {
  test.each<[string, string, Edit, string]>([
    ["fills an empty file", "", { section: "a", option: "x", value: "1" }, "[a]\nx = 1\n"],
    [
      "changes one section alone",
      two,
      { section: "b", option: "x", value: 4 },
      two.replace("x = 3", "x = 4"),
    ],
    [
      "adds an option before the empty lines",
      two,
      { section: "a", option: "z", value: "1" },
      two.replace("2\n", "2\nz = 1\n"),
    ],
    [
      "uses what is commented out",
      two,
      { section: "a", option: "y", value: "5" },
      two.replace("# y = 2", "y = 5"),
    ],
    [
      "leaves what is commented out",
      "[a]\n#y = 2\n",
      { section: "a", option: "y", value: "5", modify_inactive_option: false },
      "[a]\n#y = 2\ny = 5\n",
    ],
    ["keeps what has no section", two, { option: "top", value: "2" }, two.replace("top = 1", "top = 2")],
    ["adds a section", two, { section: "c", option: "x", value: "1" }, `${two}[c]\nx = 1\n`],
    ["adds an empty section", "[a]", { section: "c" }, "[a]\n[c]\n"],
    [
      "writes no blanks",
      "[a]\n",
      { section: "a", option: "x", value: "1", no_extra_spaces: true },
      "[a]\nx=1\n",
    ],
    ["writes an empty value", "[a]\n", { section: "a", option: "x", value: "" }, "[a]\nx =\n"],
    ["writes no value", "[a]\n", { section: "a", option: "x", allow_no_value: true }, "[a]\nx\n"],
    ["leaves one of several", "[a]\nx=1\nx=2\n", { section: "a", option: "x", value: "2" }, "[a]\nx=2\n"],
    [
      "keeps several",
      "[a]\nx = 1\nx = 2\n",
      { section: "a", option: "x", values: ["2", "3", "4"] },
      "[a]\nx = 3\nx = 2\nx = 4\n",
    ],
    [
      "adds beside others",
      "[a]\nx = 1\nq\n",
      { section: "a", option: "x", value: "2", exclusive: false },
      "[a]\nx = 1\nx = 2\nq\n",
    ],
    ["takes an option out", two, { section: "b", option: "x", state: "absent" }, two.replace("x = 3\n", "")],
    [
      "takes one value out",
      "[a]\nx = 1\nx = 2\n",
      { section: "a", option: "x", value: "1", state: "absent", exclusive: false },
      "[a]\nx = 2\n",
    ],
    ["takes a section out", two, { section: "a", state: "absent" }, "top = 1\n\n[b]\nx = 3\n"],
    [
      "tells options apart",
      "[a]\nxy = 1\n",
      { section: "a", option: "x", value: "1" },
      "[a]\nxy = 1\nx = 1\n",
    ],
    ["keeps the indent", "[a]\n\tx = 1\n", { section: "a", option: "x", value: "2" }, "[a]\n\tx = 2\n"],
    [
      "knows headers with comments",
      "[a] ; one\nx = 1\n",
      { section: "a", option: "x", value: "2" },
      "[a] ; one\nx = 2\n",
    ],
    [
      "takes dots for dots",
      "[a]\naxb = 1\n",
      { section: "a", option: "a.b", value: "1" },
      "[a]\naxb = 1\na.b = 1\n",
    ],
    [
      "takes no value for a section's end",
      "[a]\nx = [b]\ny = 1\n",
      { section: "a", option: "y", value: "2" },
      "[a]\nx = [b]\ny = 2\n",
    ],
  ])("%s", async (_what, before, edit, after) => {
    const host = new FakeHost({ files: { "/f": before } });
    const { change, left } = await runModule(iniFile, { path: "/f", ...edit }, host);
    expect(await host.readText("/f")).toBe(after);
    expect(change?.diff).toEqual([{ path: "/f", before, after }]);
    expect(left).toBeUndefined();
  });

  test.each<[string, Edit]>([
    ["[a]\nx=1", { section: "a", option: "x", value: "1" }],
    ["[a]\n", { section: "a" }],
    ["[a]\nx = 1\nx = 2\n", { section: "a", option: "x", value: "2", exclusive: false }],
    ["[a]\n", { section: "a", option: "x", state: "absent" }],
    ["[a]\n", { section: "b", state: "absent" }],
  ])("has nothing to do in %j for %j", async (text, edit) => {
    const host = new FakeHost({ files: { "/f": text } });
    expect((await runModule(iniFile, { path: "/f", ...edit }, host)).change).toBeUndefined();
  });

  test("makes a missing file unless told not to", async () => {
    const args = { path: "/f", section: "a", option: "x", value: "1" };
    await expect(runModule(iniFile, { ...args, create: false }, new FakeHost())).rejects.toThrow("no file");
    const host = new FakeHost();
    await runModule(iniFile, { ...args, mode: "0600" }, host);
    expect(await host.readText("/f")).toBe("[a]\nx = 1\n");
    expect(await host.stat("/f")).toMatchObject({ mode: "0600" });
    const gone = await runModule(iniFile, { path: "/g", section: "a", state: "absent" }, host);
    expect(gone.change).toBeUndefined();
  });

  test.each<Edit>([
    {},
    { section: "a", option: "x" },
    { section: "a", option: "x", state: "absent", exclusive: false },
  ])("refuses %j", async (edit) => {
    await expect(runModule(iniFile, { path: "/f", ...edit })).rejects.toBeInstanceOf(BadInput);
  });

  test.each([
    { section: "a" },
    { path: "f", section: "a" },
    { path: "/f", section: "a\nb" },
    { path: "/f", option: "a", value: "1\n2" },
    { path: "/f", option: "a", value: true },
    { path: "/f", option: "a", value: "1", values: ["2"] },
    { path: "/f", key: "a" },
  ])("its schema refuses %j", (args) => expect(refuses(iniFile, args)).toBeDefined());
});
