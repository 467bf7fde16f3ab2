import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { fetch } from "./fetch.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { localShell } from "./testing/local-shell.ts";
import { refuses, runModule } from "./testing/run-module.ts";

const bytes = Buffer.from([0, 255, 10, 13, 0]);

describe("fetch", () => {
  let there: string;
  let src: string;
  beforeEach(() => {
    there = mkdtempSync(join(tmpdir(), "mailferry-test-"));
    src = join(there, "it's a $name");
    writeFileSync(src, bytes);
  });
  afterEach(() => rmSync(there, { recursive: true }));

  const host = () =>
    new FakeHost({ commands: [["/bin/sh"], ["cat"]].map((argv) => ({ argv, answer: localShell })) });

  test("brings the bytes to a place of the host's own, and then has nothing left to do", async () => {
    const context = fakeContext();
    const { applied, left } = await runModule(fetch, { src, dest: "got" }, host(), context);
    const dest = context.controlPath(join("got/mail-new", src));
    expect(readFileSync(dest)).toEqual(bytes);
    expect(applied?.result).toMatchObject({ dest, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(left).toBeUndefined();
    writeFileSync(src, "other");
    await runModule(fetch, { src, dest: "got" }, host(), context);
    expect(readFileSync(dest, "utf8")).toBe("other");
  });

  test("can't be led out of its place", async () => {
    const context = fakeContext();
    const climbing = `/x/../../../..${src}`;
    const { applied } = await runModule(fetch, { src: climbing, dest: "got" }, host(), context);
    expect(applied?.result?.dest).toBe(context.controlPath(join("got/mail-new", src)));
  });

  test.each([
    ["got/one", "got/one"],
    ["got/", "got/it's a $name"],
  ])("flat, dest %s is %s", async (dest, path) => {
    const context = fakeContext();
    await runModule(fetch, { src, dest, flat: true }, host(), context);
    expect(readFileSync(context.controlPath(path))).toEqual(bytes);
  });

  test("writes nothing while it only looks", async () => {
    const context = fakeContext({ checkMode: true });
    const change = await fetch.check({ src, dest: "got" }, host().reader(), context);
    expect(change?.summary).toContain(`fetch ${src}`);
    expect(existsSync(context.controlPath("got"))).toBe(false);
  });

  test("takes a growing file as long as it was, and refuses one that changed", async () => {
    for (const [more, expected] of [
      [(text: string) => `${text} more`, undefined],
      [(text: string) => text.replace("one", "two"), "changed while it was fetched"],
    ] as const) {
      writeFileSync(src, "one");
      const writing = host();
      writing.answer(["cat"], (call) => {
        const answer = localShell(call);
        writeFileSync(src, more("one"));
        return answer;
      });
      const context = fakeContext();
      const change = await fetch.check({ src, dest: "f", flat: true }, writing.reader(), context);
      const applied = change && fetch.apply(change, writing, context);
      if (expected === undefined) await applied;
      else await expect(applied).rejects.toThrow(expected);
      expect(existsSync(context.controlPath("f"))).toBe(expected === undefined);
    }
  });

  test("wants the file to be there unless told otherwise", async () => {
    const args = { src: join(there, "none"), dest: "got" };
    await expect(runModule(fetch, args, host())).rejects.toThrow("there is no file");
    const { change } = await runModule(fetch, { ...args, fail_on_missing: false }, host());
    expect(change).toBeUndefined();
  });

  test("refuses a directory on either side", async () => {
    await expect(runModule(fetch, { src: there, dest: "got" }, host())).rejects.toThrow("is no file");
    const context = fakeContext();
    mkdirSync(context.controlPath("got"));
    const run = runModule(fetch, { src, dest: "got", flat: true }, host(), context);
    await expect(run).rejects.toBeInstanceOf(BadInput);
  });

  test.each([
    { src: "/a" },
    { src: "a", dest: "b" },
    { src: "/a", dest: "" },
    { src: "/a", dest: "b", mode: "0600" },
  ])("its schema refuses %j", (args) => expect(refuses(fetch, args)).toBeDefined());
});
