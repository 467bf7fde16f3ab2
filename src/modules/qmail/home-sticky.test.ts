import { chmodSync, lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../contract/testing/temporary-directory.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { checkOnly, refuses, runModule } from "../testing/run-module.ts";
import { homeSticky } from "./home-sticky.ts";

const modes = { alice: 0o700, bob: 0o755, carol: 0o1700, dave: 0o2770 };

/** Homes on this machine; records lie in the host's memory. */
function homes(): string {
  const path = temporaryDirectory();
  for (const [name, mode] of Object.entries(modes)) {
    mkdirSync(join(path, name));
    chmodSync(join(path, name), mode);
  }
  symlinkSync("alice", join(path, "link"));
  return path;
}

function host(name?: string, files: Readonly<Record<string, string>> = {}): FakeHost {
  return new FakeHost({
    ...(name === undefined ? {} : { name }),
    files: { "/var/lib/mailferry": { type: "directory" }, ...files },
    commands: [
      { argv: ["find"], answer: localShell },
      { argv: ["xargs"], answer: localShell },
      { argv: ["sync"], answer: "" },
    ],
  });
}

function modesBelow(path: string) {
  return Object.fromEntries(
    Object.keys(modes).map((name) => [name, lstatSync(join(path, name)).mode & 0o7777]),
  );
}

describe("home_sticky", () => {
  test("sets the bit of every home, and puts back exactly what was", async () => {
    const path = homes();
    const at = host();
    const set = await runModule(homeSticky, { path }, at);
    expect(set.left).toBeUndefined();
    expect(modesBelow(path)).toEqual({ alice: 0o1700, bob: 0o1755, carol: 0o1700, dave: 0o3770 });
    const lifted = await runModule(homeSticky, { path, state: "lifted" }, at);
    expect(lifted.left).toBeUndefined();
    expect(modesBelow(path)).toEqual(modes);
  });

  test("killed behind the record, or behind a part of the homes, it goes on", async () => {
    const path = homes();
    const at = host();
    at.answer(["xargs"], new Error("killed"));
    await expect(runModule(homeSticky, { path }, at)).rejects.toThrow("killed");
    chmodSync(join(path, "alice"), 0o1700);
    at.answer(["xargs"], localShell as never);
    await runModule(homeSticky, { path }, at);
    await runModule(homeSticky, { path, state: "lifted" }, at);
    expect(modesBelow(path)).toEqual(modes);
  });

  test("a home that is made meanwhile comes to it at the next run; what others changed stays", async () => {
    const path = homes();
    const at = host();
    await runModule(homeSticky, { path }, at);
    mkdirSync(join(path, "erin"), 0o700);
    chmodSync(join(path, "bob"), 0o1700);
    const again = await runModule(homeSticky, { path }, at);
    expect(again.change?.set).toEqual([join(path, "erin")]);
    await runModule(homeSticky, { path, state: "lifted" }, at);
    expect(modesBelow(path)).toEqual({ ...modes, bob: 0o700 });
    expect(lstatSync(join(path, "erin")).mode & 0o1000).toBe(0);
  });

  test.each(["", "null", '{"set": 1}'])(
    "a record that holds %j is refused, with the way out",
    async (text) => {
      const path = homes();
      const context = fakeContext();
      const file = `${context.workPath}/sticky-${encodeURIComponent(path)}.json`;
      const at = host(undefined, { [file]: text });
      const change = checkOnly(homeSticky, { path, state: "lifted" }, at, context);
      await expect(change).rejects.toMatchObject({
        message: expect.stringContaining("is no record of sticky homes"),
        next: expect.stringContaining("by hand"),
      });
      expect(modesBelow(path)).toEqual(modes);
    },
  );

  test("without a record nothing is lifted: a user who edits .qmail may have set it", async () => {
    const path = homes();
    const change = await checkOnly(homeSticky, { path, state: "lifted" }, host(), fakeContext());
    expect(change).toBeUndefined();
    expect(modesBelow(path)).toEqual(modes);
  });

  test("a copy gets the bits that the old host had before", async () => {
    const path = homes();
    const old = host("old");
    const context = fakeContext({ peers: [old] });
    const args = { path, state: "lifted", as_recorded_on: "old" } as const;
    const fresh = host("new");
    await expect(checkOnly(homeSticky, args, fresh, context)).rejects.toThrow("no record");
    await runModule(homeSticky, { path }, old);
    const lifted = await runModule(homeSticky, args, fresh, context);
    expect([...(lifted.change?.lift ?? [])].sort()).toEqual(
      ["alice", "bob", "dave"].map((name) => join(path, name)),
    );
    expect(modesBelow(path)).toEqual(modes);
  });

  test("a directory without homes is the wrong one", async () => {
    const empty = checkOnly(homeSticky, { path: temporaryDirectory() }, host(), fakeContext());
    await expect(empty).rejects.toThrow("there is no home below");
  });

  test.each([
    [{}],
    [{ path: "mail" }],
    [{ path: "/mail", as_recorded_on: "old" }],
    [{ path: "/mail", depth: 0 }],
  ])("%j is refused", (args) => {
    expect(refuses(homeSticky, args)).toBeDefined();
  });
});
