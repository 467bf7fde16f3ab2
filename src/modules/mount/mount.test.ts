import { describe, expect, test } from "vitest";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import { entryFor, type FstabEntry, withEntry } from "./fstab-text.ts";
import { lookAtMount } from "./look.ts";
import { type MountArgs, mount } from "./mount.ts";

const before = "# <file system> <mount point>\nUUID=1 / ext4 errors=remount-ro 0 1\n";
const reread = "systemctl --no-ask-password daemon-reload";
const data: MountArgs = {
  path: "/srv/my data",
  state: "mounted",
  src: "tmpfs",
  fstype: "tmpfs",
  opts: "size=1m",
};
const dataLine = "tmpfs /srv/my\\040data tmpfs size=1m 0 0\n";

/** A host with an fstab, where `mounted` names what is mounted. */
function hostWith(
  fstab: string,
  mounted: Set<string> = new Set(),
  directories: readonly string[] = [],
): FakeHost {
  return new FakeHost({
    files: {
      "/etc/fstab": fstab,
      ...Object.fromEntries(directories.map((path) => [path, { type: "directory" as const }])),
    },
    commands: [
      {
        argv: ["/bin/sh", "-c"],
        answer: ({ argv }, { tree }) => {
          const [path = "", file = ""] = argv.slice(-2);
          const mounts = [...mounted].map((at) => `1 2 0:1 / ${at.replaceAll(" ", "\\040")} rw - x x rw\n`);
          const type = tree.entries.get(path)?.type;
          const content = type === "directory" ? tree.under(path).slice(1).join("\n") : "";
          return [tree.read(file)?.toString() ?? "", mounts.join(""), type ?? "", content].join("\0");
        },
      },
      {
        argv: ["mount"],
        answer: ({ argv }, { tree }) => {
          const path = argv.at(-1) ?? "";
          if (!tree.entries.has(path)) return { exitCode: 32, stderr: "mount point does not exist" };
          mounted.add(path);
          return "";
        },
      },
      {
        argv: ["umount"],
        answer: ({ argv }) =>
          mounted.delete(argv.at(-1) ?? "") ? "" : { exitCode: 32, stderr: "not mounted" },
      },
      { argv: ["systemctl"], answer: "" },
    ],
  });
}

describe("mount", () => {
  test("adds an entry, makes the directory and mounts, once", async () => {
    const host = hostWith(before);
    const { change, left } = await runModule(mount, data, host);
    expect(change?.summary).toBe("change /etc/fstab, mount /srv/my data");
    expect(change?.diff).toEqual([{ path: "/etc/fstab", before, after: before + dataLine }]);
    expect(host.changesRun()).toEqual([reread, "mkdir -p -- /srv/my data", "mount --target /srv/my data"]);
    expect(left).toBeUndefined();
  });

  test("mounts again for new options, and anew for a new source", async () => {
    const host = hostWith(before + dataLine, new Set(["/srv/my data"]), ["/srv/my data"]);
    const options = await runModule(mount, { ...data, opts: "size=2m" }, host);
    expect(options.left).toBeUndefined();
    const source = await runModule(mount, { ...data, opts: "size=2m", src: "other" }, host);
    expect(source.left).toBeUndefined();
    expect(host.changesRun()).toEqual([
      reread,
      "mount --options remount --target /srv/my data",
      "umount -- /srv/my data",
      reread,
      "mount --target /srv/my data",
    ]);
    expect(await host.readText("/etc/fstab")).toBe(`${before}other /srv/my\\040data tmpfs size=2m 0 0\n`);
  });

  test("keeps an entry without mounting it, at another place than /etc/fstab too", async () => {
    const host = hostWith(before);
    const args: MountArgs = { ...data, state: "present", boot: false, fstab: "/etc/fstab.d", passno: 2 };
    expect((await runModule(mount, args, host)).left).toBeUndefined();
    expect(host.changesRun()).toEqual([]);
    expect(await host.readText("/etc/fstab.d")).toBe("tmpfs /srv/my\\040data tmpfs size=1m,noauto 0 2\n");
    const mounted = await runModule(mount, { ...args, state: "mounted" }, host);
    expect(mounted.left).toBeUndefined();
    expect(host.changesRun().at(-1)).toBe("mount --fstab /etc/fstab.d --target /srv/my data");
  });

  test("unmounts and leaves the entry; mounts again what is mounted", async () => {
    const host = hostWith(before + dataLine, new Set(["/srv/my data"]), ["/srv/my data"]);
    const again = await runModule(mount, { path: "/srv/my data/", state: "remounted" }, host);
    expect(again.left).toBeDefined();
    expect((await runModule(mount, { path: "/srv/my data", state: "unmounted" }, host)).left).toBeUndefined();
    expect(await host.readText("/etc/fstab")).toBe(before + dataLine);
    const late = runModule(mount, { path: "/srv/my data", state: "remounted" }, host);
    await expect(late).rejects.toThrow("not mounted");
    const context = fakeContext({ checkMode: true });
    expect(await mount.check({ path: "/x", state: "remounted" }, host.reader(), context)).toBeDefined();
  });

  test("takes all away again, and the directory when it is empty", async () => {
    const host = hostWith(before + dataLine, new Set(["/srv/my data"]), ["/srv/my data"]);
    const { change, left } = await runModule(mount, { path: "/srv/my data", state: "absent" }, host);
    expect(change?.summary).toBe("change /etc/fstab, unmount /srv/my data");
    expect(host.changesRun()).toEqual([
      "umount -- /srv/my data",
      reread,
      "rmdir --ignore-fail-on-non-empty -- /srv/my data",
    ]);
    expect(await host.readText("/etc/fstab")).toBe(before);
    expect(left).toBeUndefined();
    const full = hostWith(before + dataLine, new Set(), ["/srv/my data", "/srv/my data/mail"]);
    await runModule(mount, { path: "/srv/my data", state: "absent" }, full);
    expect(full.changesRun()).toEqual([reread]);
  });

  test.each<[string, Partial<FstabEntry>, string]>([
    ["", {}, "a /b c d 0 0\n"],
    ["a  /b\tc d 0 0\n", {}, "a  /b\tc d 0 0\n"],
    ["a /b/ c d\n", { path: "/b/" }, "a /b/ c d\n"],
    ["x /b c d 0 0\n# end\ny /b c d 0 0\n", {}, "a /b c d 0 0\n# end\n"],
    [
      "x none swap sw 0 0\n",
      { src: "y", path: "none", fstype: "swap", opts: "sw" },
      "x none swap sw 0 0\ny none swap sw 0 0\n",
    ],
    ["", { src: "//s/a\\b#" }, "//s/a\\134b\\043 /b c d 0 0\n"],
  ])("%j with %j is %j", (text, words, after) => {
    const entry = { src: "a", path: "/b", fstype: "c", opts: "d", dump: "0", passno: "0", ...words };
    expect(withEntry(text, entry)).toBe(after);
    expect(entryFor(after, entry)).toEqual(entry);
  });

  test("sees what is mounted on a real host", async () => {
    const host = new FakeHost({ commands: [{ argv: ["/bin/sh", "-c"], answer: localShell }] });
    expect(await lookAtMount("/proc", "/nowhere", host)).toEqual({
      fstab: "",
      isMounted: true,
      pathType: "directory",
      isEmptyDirectory: false,
    });
    expect(await lookAtMount("/nowhere", "/etc/hostname", host)).toMatchObject({
      isMounted: false,
      pathType: "missing",
    });
  });

  test.each([
    { path: "/a" },
    { path: "/a", state: "mounted", src: "x" },
    { path: "/a", state: "present", fstype: "ext4" },
    { path: "a", state: "absent" },
    { path: "none", state: "mounted", src: "x", fstype: "swap" },
    { path: "none", state: "absent" },
    { path: "/a", state: "mounted", src: "x", fstype: "a b" },
    { path: "/a", state: "mounted", src: "x", fstype: "ext4", passno: "x" },
    { path: "/a", state: "ephemeral", src: "x", fstype: "ext4" },
  ])("its schema refuses %j", (args) => expect(refuses(mount, args)).toBeDefined());
});
