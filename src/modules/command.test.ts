import { describe, expect, test } from "vitest";
import { BadInput, CommandFailed } from "../contract/errors.ts";
import { command } from "./command.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

describe("command", () => {
  test("runs the words of a line and registers what it said", async () => {
    const host = new FakeHost({ commands: [{ argv: ["postconf", "-h", "a b"], answer: "one\r\ntwo\n" }] });
    const { change, applied } = await runModule(command, { cmd: "postconf -h 'a b'", stdin: "x" }, host);
    expect(change?.summary).toBe("run postconf -h 'a b'");
    expect(applied?.result).toEqual({
      rc: 0,
      stdout: "one\r\ntwo",
      stdout_lines: ["one", "two"],
      stderr: "",
      stderr_lines: [],
    });
    expect(host.commands[0]?.options.stdin).toBe("x\n");
  });

  test("takes argv as it is, in a directory", async () => {
    const host = new FakeHost({ commands: [{ argv: ["echo", "$(id)"], answer: "" }] });
    await runModule(command, { argv: ["echo", "$(id)"], chdir: "/srv" }, host);
    expect(host.commands[0]?.options.directory).toBe("/srv");
  });

  test("has nothing to do when `creates` is there or `removes` is not", async () => {
    const host = new FakeHost({
      files: { "/removes": "" },
      commands: [{ argv: ["make"], answer: (_call, at) => made(at, "/made") }],
    });
    expect((await runModule(command, { cmd: "make", creates: "/made" }, host)).left).toBeUndefined();
    expect(
      (await runModule(command, { cmd: "rm /removes", removes: "/removes" }, host)).left,
    ).toBeUndefined();
    expect(host.changesRun()).toEqual(["make", "rm /removes"]);
  });

  test("fails with the exit code and the last lines", async () => {
    const host = new FakeHost({ commands: [{ argv: ["false"], answer: { exitCode: 1, stderr: "no\n" } }] });
    const failed = runModule(command, { cmd: "false" }, host);
    await expect(failed).rejects.toMatchObject({ exitCode: 1, stderr: "no" });
    await expect(failed).rejects.toBeInstanceOf(CommandFailed);
  });

  test("refuses a pattern as a marker", async () => {
    const check = command.check({ cmd: "a", creates: "/srv/*.done" }, new FakeHost().reader(), fakeContext());
    await expect(check).rejects.toThrow("is a pattern");
  });

  test("refuses shell words and an empty line", async () => {
    const reader = new FakeHost().reader();
    await expect(command.check({ cmd: "a | b" }, reader, fakeContext())).rejects.toBeInstanceOf(BadInput);
    await expect(command.check({ cmd: "''" }, reader, fakeContext())).rejects.toBeInstanceOf(BadInput);
  });

  test.each([
    {},
    { cmd: "a", argv: ["a"] },
    { argv: [] },
    { cmd: "a", chdir: "x" },
    { cmd: "a", warn: true },
  ])("its schema refuses %j", (args) => expect(refuses(command, args)).toBeDefined());
});

function made(host: FakeHost, path: string): string {
  host.tree.put(path, {});
  return "";
}
