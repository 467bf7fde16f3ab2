import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { checksumOf } from "./file-checksum.ts";
import { stat } from "./stat.ts";
import { detailsScript, statDetails } from "./stat-details.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { localShell } from "./testing/local-shell.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("stat", () => {
  const host = () => {
    const fake = new FakeHost({ files: { "/etc/a": "abc", "/etc/l": { type: "link", target: "a" } } });
    fake.answer(["/bin/sh", "-c", detailsScript], ({ argv: [, , , , path, sum] }) => {
      if (path === "/nothing") return { exitCode: 1 };
      return `stat=1|2|3|4|5|regular file\nmay=wr\n${sum === "" ? "" : `sum=${sum} of ${path}\n`}`;
    });
    return fake;
  };

  test("tells of a file in Ansible's words", async () => {
    const { result } = await lookWith(stat, { path: "/etc/a" }, host());
    expect(result).toMatchObject({
      stat: { rusr: true, wusr: true, xusr: false, woth: false, isuid: false },
    });
    expect(result).toMatchObject({
      stat: { inode: 3, readable: true, executable: false, issock: false, checksum: "sha1sum of /etc/a" },
    });
    expect(result).toMatchObject({
      stat: { exists: true, isreg: true, isdir: false, islnk: false, size: 3, mode: "0644", pw_name: "root" },
    });
  });

  test("tells of a link, or of what it leads to", async () => {
    const link = await lookWith(stat, { path: "/etc/l" }, host());
    expect(link.result).toMatchObject({ stat: { islnk: true, lnk_target: "a", lnk_source: "/etc/a" } });
    const followed = await lookWith(stat, { path: "/etc/l", follow: true }, host());
    expect(followed.result).toMatchObject({ stat: { path: "/etc/l", islnk: false, size: 3 } });
  });

  test("makes no checksum, or another one, as it is told", async () => {
    const none = await lookWith(stat, { path: "/etc/a", get_checksum: false }, host());
    expect(none.result?.stat).not.toHaveProperty("checksum");
    const other = await lookWith(stat, { path: "/etc/a", checksum_algorithm: "sha256" }, host());
    expect(other.result).toMatchObject({ stat: { checksum: "sha256sum of /etc/a" } });
  });

  test("asks a real shell in a way that it understands", async () => {
    const real = new FakeHost({ commands: [{ argv: ["/bin/sh"], answer: localShell }] });
    const details = await statDetails(import.meta.filename, "sha1", real);
    const content = await readFile(import.meta.filename);
    expect(details).toMatchObject({ checksum: checksumOf(content), readable: true, isfifo: false });
    expect(Number(details.inode)).toBeGreaterThan(0);
  });

  test("tells that there is nothing", async () => {
    const { result } = await lookWith(stat, { path: "/nothing" }, host());
    expect(result).toMatchObject({ stat: { exists: false, isdir: false } });
  });

  test.each([{}, { path: "a" }, { path: "/a", get_checksum: "x" }])("its schema refuses %j", (args) =>
    expect(refuses(stat, args)).toBeDefined(),
  );
});
