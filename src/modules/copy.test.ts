import { describe, expect, test } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { copy } from "./copy.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

describe("copy", () => {
  test("makes a file with its owner and mode, then has nothing left to do", async () => {
    const host = new FakeHost({ files: { "/etc": { type: "directory" } } });
    const args = { content: "one\n", dest: "/etc/motd", mode: "640", owner: "root", group: "vmail" };
    const { change, left } = await runModule(copy, args, host);
    expect(change?.summary).toContain("create /etc/motd");
    expect(await host.readText("/etc/motd")).toBe("one\n");
    expect(await host.stat("/etc/motd")).toMatchObject({ mode: "0640", group: "vmail" });
    expect(left).toBeUndefined();
  });

  test("shows what it would change", async () => {
    const host = new FakeHost({ files: { "/etc/motd": "one\n" } });
    const { change } = await runModule(copy, { content: "two\n", dest: "/etc/motd" }, host);
    expect(change?.diff).toEqual([{ path: "/etc/motd", before: "one\n", after: "two\n" }]);
  });

  test("sets the attributes alone when the content is right", async () => {
    const host = new FakeHost({ files: { "/etc/motd": "one\n" } });
    const { change, left } = await runModule(
      copy,
      { content: "one\n", dest: "/etc/motd", mode: "0600" },
      host,
    );
    expect(change?.summary).toBe("/etc/motd: mode 0644 → 0600");
    expect(host.writes).toEqual([]);
    expect(left).toBeUndefined();
  });

  test("keeps a backup, but none of a file that was not there", async () => {
    const host = new FakeHost({ files: { "/etc/motd": "one\n" } });
    const { applied } = await runModule(copy, { content: "two\n", dest: "/etc/motd", backup: true }, host);
    const kept = applied?.result?.backup_file;
    expect(await host.readText(String(kept))).toBe("one\n");
    const fresh = await runModule(copy, { content: "two\n", dest: "/etc/other", backup: true }, host);
    expect(fresh.applied?.result).toEqual({ path: "/etc/other" });
  });

  test("has the new content validated before it is put in place, and leaves the old one otherwise", async () => {
    const host = new FakeHost({ files: { "/etc/sudoers": "one\n" } });
    const seen: string[] = [];
    host.answer(["visudo", "-cf"], ({ argv }) => {
      const candidate = String(host.tree.read(argv[2] ?? ""));
      seen.push(candidate);
      return candidate === "good\n" ? "" : { exitCode: 1, stderr: "syntax error" };
    });
    const args = { dest: "/etc/sudoers", validate: "visudo -cf %s" };
    await expect(runModule(copy, { ...args, content: "bad\n" }, host)).rejects.toThrow("syntax error");
    expect(await host.readText("/etc/sudoers")).toBe("one\n");
    await runModule(copy, { ...args, content: "good\n" }, host);
    expect(await host.readText("/etc/sudoers")).toBe("good\n");
    expect(seen).toEqual(["bad\n", "good\n"]);
    expect(host.tree.under("/tmp")).toEqual(["/tmp"]);
  });

  test("tells why the content was refused, also when the file that held it can't be taken away", async () => {
    const host = new FakeHost();
    host.answer(["visudo"], { exitCode: 1, stderr: "syntax error" });
    host.answer(["rm", "-f"], { exitCode: 1, stderr: "Read-only file system" });
    const context = fakeContext();
    const args = { dest: "/etc/sudoers", content: "bad\n", validate: "visudo -cf %s" };
    await expect(runModule(copy, args, host, context)).rejects.toThrow("syntax error");
    expect(context.notices.join()).toContain("Read-only file system");
  });

  test("brings a file of the project into a directory", async () => {
    const host = new FakeHost({ files: { "/srv": { type: "directory" } } });
    const context = fakeContext({ projectFiles: { "files/keys/a.bin": Buffer.from([0, 255, 1]) } });
    const { change, left } = await runModule(copy, { src: "keys/a.bin", dest: "/srv" }, host, context);
    expect(await host.readFile("/srv/a.bin")).toEqual(Buffer.from([0, 255, 1]));
    expect(change?.diff).toBeUndefined();
    expect(left).toBeUndefined();
  });

  test("writes where a link leads and leaves the link", async () => {
    const host = new FakeHost({
      files: { "/data/a": "one", "/etc/a": { type: "link", target: "../data/a" } },
    });
    await runModule(copy, { content: "two", dest: "/etc/a" }, host);
    expect(await host.readText("/data/a")).toBe("two");
    expect(await host.stat("/etc/a")).toMatchObject({ type: "link" });
  });

  test.each([
    ["not for everybody", { content: "password = x", mode: "0640" }],
    ["a private key", { content: "-----BEGIN PRIVATE KEY-----", mode: "0644" }],
    ["too large", { content: "x".repeat(300_000), mode: "0644" }],
  ])("shows no content that is %s", async (_why, args) => {
    const { change } = await runModule(copy, { ...args, dest: "/a" });
    expect(change?.diff).toBeUndefined();
  });

  test("keeps hidden what was hidden before, whatever the new mode is", async () => {
    const host = new FakeHost({ files: { "/a": { content: Buffer.from("secret"), mode: "0600" } } });
    const { change } = await runModule(copy, { content: "x", dest: "/a", mode: "0644" }, host);
    expect(change?.diff).toBeUndefined();
  });

  test("refuses a directory for a text, and a directory in the way", async () => {
    const host = new FakeHost({ files: { "/srv": { type: "directory" } } });
    await expect(runModule(copy, { content: "", dest: "/srv/" }, host)).rejects.toBeInstanceOf(BadInput);
    await expect(runModule(copy, { content: "", dest: "/srv" }, host)).rejects.toThrow("is no file");
  });

  test.each([
    { dest: "/a" },
    { src: "a", content: "b", dest: "/a" },
    { content: "a", dest: "a" },
    { content: "a", dest: "" },
    { content: "a", dest: "/a", mode: 644 },
    { content: "a", dest: "/a", mode: "u=rw" },
    { content: "a", dest: "/a", modes: "0644" },
    { content: "a", dest: "/a", validate: "visudo -c" },
  ])("its schema refuses %j", (args) => expect(refuses(copy, args)).toBeDefined());
});
