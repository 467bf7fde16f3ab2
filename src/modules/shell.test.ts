import { describe, expect, test } from "vitest";
import { shell } from "./shell.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

describe("shell", () => {
  test("hands the script to a shell as one word", async () => {
    const host = new FakeHost({ commands: [{ argv: ["/bin/sh", "-c", "a | b > '/c d'"], answer: "x\n" }] });
    const { applied } = await runModule(shell, { cmd: "a | b > '/c d'" }, host);
    expect(applied?.result).toMatchObject({ rc: 0, stdout: "x" });
  });

  test("uses another shell when asked, and nothing at all when `creates` is there", async () => {
    const host = new FakeHost({
      commands: [{ argv: ["/bin/bash", "-c", "a"], answer: (_call, at) => made(at, "/done") }],
    });
    const { left } = await runModule(shell, { cmd: "a", executable: "/bin/bash", creates: "/done" }, host);
    expect(left).toBeUndefined();
  });

  test.each([{}, { cmd: "" }, { cmd: "a", executable: "bash" }, { cmd: "a", argv: ["a"] }])(
    "its schema refuses %j",
    (args) => expect(refuses(shell, args)).toBeDefined(),
  );
});

function made(host: FakeHost, path: string): string {
  host.tree.put(path, {});
  return "";
}
