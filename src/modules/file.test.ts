import { describe, expect, test } from "vitest";
import { Refused } from "../contract/errors.ts";
import { file } from "./file.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

describe("file", () => {
  test("makes a directory with its owner and mode", async () => {
    const host = new FakeHost();
    const args = {
      path: "/srv/a/b/",
      state: "directory",
      mode: "0750",
      owner: "vmail",
      group: "vmail",
    } as const;
    const { change, left } = await runModule(file, args, host);
    expect(change?.summary).toBe("/srv/a/b: make directory");
    expect(host.changesRun()).toEqual([
      "mkdir -p -m 0750 -- /srv/a/b",
      "chown -- vmail:vmail /srv/a/b",
      "chmod -- 0750 /srv/a/b",
    ]);
    expect(left).toBeUndefined();
  });

  test("sets what differs", async () => {
    const host = new FakeHost({ files: { "/srv/a": "" } });
    const { change, left } = await runModule(file, { path: "/srv/a", mode: "600" }, host);
    expect(change?.summary).toBe("/srv/a: mode 0644 → 0600");
    expect(left).toBeUndefined();
  });

  test("gives all in a directory one owner, and asks with one look", async () => {
    const host = new FakeHost({
      files: { "/srv/a/b": "" },
      commands: [
        {
          argv: ["find", "/srv/a"],
          answer: (_call, at) => (at.tree.stat("/srv/a/b")?.owner === "vmail" ? "" : "/srv/a/b\n"),
        },
      ],
    });
    const args = {
      path: "/srv/a",
      state: "directory",
      recurse: true,
      owner: "vmail",
      group: "vmail",
    } as const;
    const { left } = await runModule(file, args, host);
    expect(host.commands.find(({ argv }) => argv[0] === "find")?.argv.join(" ")).toBe(
      "find /srv/a -mindepth 1 ( ! -user vmail -o ! -group vmail ) -print -quit",
    );
    expect(host.changesRun().at(-1)).toBe("chown -R -h -- vmail:vmail /srv/a");
    expect(left).toBeUndefined();
  });

  test("makes a link, and turns one", async () => {
    const host = new FakeHost({ files: { "/srv/a": "" } });
    const first = await runModule(file, { path: "/srv/l", src: "a", state: "link", owner: "vmail" }, host);
    expect(first.left).toBeUndefined();
    await runModule(file, { path: "/srv/l", src: "b", state: "link" }, host);
    expect(await host.stat("/srv/l")).toMatchObject({ target: "b" });
    await expect(runModule(file, { path: "/srv/a", src: "b", state: "link" }, host)).rejects.toThrow(
      "can't become",
    );
  });

  test("makes an empty file once", async () => {
    const host = new FakeHost({ files: { "/srv": { type: "directory" } } });
    const { left } = await runModule(file, { path: "/srv/t", state: "touch", mode: "0600" }, host);
    expect(left).toBeUndefined();
    expect(await host.stat("/srv/t")).toMatchObject({ sizeBytes: 0, mode: "0600" });
  });

  test("wants the file to be there, but not in check mode", async () => {
    const host = new FakeHost();
    await expect(runModule(file, { path: "/srv/no", mode: "0600" }, host)).rejects.toThrow(
      "there is no file",
    );
    const foreseen = await file.check(
      { path: "/srv/no", mode: "0600" },
      host.reader(),
      fakeContext({ checkMode: true }),
    );
    expect(foreseen).toBeDefined();
  });

  test("removes a file, a link and not what it leads to, a directory", async () => {
    const host = new FakeHost({
      files: {
        "/srv/a/f": "",
        "/srv/a/d/x": "",
        "/srv/keep/x": "",
        "/srv/a/l": { type: "link", target: "../keep" },
      },
    });
    for (const name of ["f", "d", "l"]) {
      const { left } = await runModule(file, { path: `/srv/a/${name}`, state: "absent" }, host);
      expect(left).toBeUndefined();
    }
    expect(host.tree.under("/srv/a")).toEqual(["/srv/a"]);
    expect(await host.stat("/srv/keep/x")).toBeDefined();
    expect((await runModule(file, { path: "/srv/a/f", state: "absent" }, host)).change).toBeUndefined();
  });

  test.each([
    "/",
    "//",
    "/.",
    "/etc",
    "/etc/",
    "/home",
    "/home/anna",
    "/var",
    "/usr",
    "/usr/local/bin",
    "/var/lib/mysql",
    "/etc/postfix",
    "/srv/../etc",
    "/var/vmail/example.org/anna/Maildir/cur/1",
    "/srv/system/mysql",
  ])("never removes %s", async (path) => {
    const host = new FakeHost({
      files: {
        ...Object.fromEntries(
          ["/etc/postfix/main.cf", "/home/anna/x", "/usr/local/bin/x", "/var/lib/mysql/x", "/srv/x"].map(
            (at) => [at, ""],
          ),
        ),
        "/var/vmail/example.org/anna/Maildir/cur/1": "mail",
        "/srv/system": { type: "link", target: "/var/lib" },
      },
    });
    const before = host.tree.entries.size;
    await expect(runModule(file, { path, state: "absent" }, host)).rejects.toBeInstanceOf(Refused);
    expect(host.tree.entries.size).toBe(before);
  });

  test("never removes a mounted file system", async () => {
    const host = new FakeHost({
      files: { "/srv/disk/x": "" },
      commands: [{ argv: ["mountpoint"], answer: "" }],
    });
    await expect(runModule(file, { path: "/srv/disk", state: "absent" }, host)).rejects.toThrow("mounted");
  });

  test.each([
    {},
    { path: "a" },
    { path: "/a", state: "link" },
    { path: "/a", state: "link", src: "b", mode: "0777" },
    { path: "/a", src: "b" },
    { path: "/a", state: "absent", recurse: true },
    { path: "/a", state: "directory", recurse: true, mode: "0700" },
    { path: "/a", state: "hard" },
    { path: "/a", force: true },
  ])("its schema refuses %j", (args) => expect(refuses(file, args)).toBeDefined());
});
