import { describe, expect, test } from "vitest";
import { CommandFailed, OutcomeUnknown } from "../../contract/errors.ts";
import { FakeHost } from "./fake-host.ts";

describe("the fake host", () => {
  test("keeps files, their owners and what was written", async () => {
    const host = new FakeHost({ files: { "/etc/a": "one", "/etc/b": { type: "link", target: "a" } } });
    await host.writeFile("/etc/a", "two", { mode: "0600", owner: "vmail" });
    expect(await host.readText("/etc/b")).toBe("two");
    expect(await host.stat("/etc/a")).toMatchObject({
      type: "file",
      mode: "0600",
      owner: "vmail",
      uid: 5000,
    });
    expect(await host.stat("/etc")).toMatchObject({ type: "directory" });
    expect(host.writes.map(({ path }) => path)).toEqual(["/etc/a"]);
  });

  test("answers by script, then by its core commands, and never makes an answer up", async () => {
    const host = new FakeHost({
      commands: [
        { argv: ["systemctl", "is-active"], answer: { exitCode: 3, stdout: "inactive\n" } },
        { argv: ["rsync"], answer: new OutcomeUnknown("link lost") },
      ],
    });
    await expect(host.probe(["systemctl", "is-active", "x"])).rejects.toBeInstanceOf(CommandFailed);
    const result = await host.probe(["systemctl", "is-active", "x"], { accept: [0, 3] });
    expect(result.stdout.toString()).toBe("inactive\n");
    await expect(host.runJob({ name: "rsync", argv: ["rsync", "-a"] })).rejects.toBeInstanceOf(
      OutcomeUnknown,
    );
    await host.run(["mkdir", "-p", "--", "/srv/deep/er"]);
    expect(await host.stat("/srv/deep")).toMatchObject({ type: "directory" });
    await expect(host.probe(["unknown"])).rejects.toThrow("no answer");
    expect(host.changesRun()).toEqual(["rsync -a", "mkdir -p -- /srv/deep/er"]);
  });

  test("its reader reads and refuses to write", async () => {
    const host = new FakeHost({ files: { "/a": "x" } });
    const reader = host.reader();
    expect(await reader.readText("/a")).toBe("x");
    expect(() => (reader as FakeHost).run(["true"])).toThrow("may only be read");
    expect(() => (reader as FakeHost).writeFile("/a", "y")).toThrow("may only be read");
  });
});
