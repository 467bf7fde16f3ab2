import { describe, expect, test } from "vitest";
import { stat } from "./stat.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("stat", () => {
  const host = () => new FakeHost({ files: { "/etc/a": "abc", "/etc/l": { type: "link", target: "a" } } });

  test("tells of a file in Ansible's words", async () => {
    const { result } = await lookWith(stat, { path: "/etc/a" }, host());
    expect(result).toMatchObject({
      stat: { exists: true, isreg: true, isdir: false, islnk: false, size: 3, mode: "0644", pw_name: "root" },
    });
  });

  test("tells of a link, or of what it leads to", async () => {
    const link = await lookWith(stat, { path: "/etc/l" }, host());
    expect(link.result).toMatchObject({ stat: { islnk: true, lnk_source: "a" } });
    const followed = await lookWith(stat, { path: "/etc/l", follow: true }, host());
    expect(followed.result).toMatchObject({ stat: { path: "/etc/l", islnk: false, size: 3 } });
  });

  test("tells that there is nothing", async () => {
    const { result } = await lookWith(stat, { path: "/nothing" }, host());
    expect(result).toMatchObject({ stat: { exists: false, isdir: false } });
  });

  test.each([{}, { path: "a" }, { path: "/a", get_checksum: true }])("its schema refuses %j", (args) =>
    expect(refuses(stat, args)).toBeDefined(),
  );
});
