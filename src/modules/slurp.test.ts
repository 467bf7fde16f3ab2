import { describe, expect, test } from "vitest";
import { slurp } from "./slurp.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("slurp", () => {
  const host = new FakeHost({
    files: {
      "/f": Buffer.from([0, 255, 10]),
      "/link": { type: "link", target: "/f" },
      "/d": { type: "directory" },
      "/large": Buffer.alloc(16 * 1024 * 1024 + 1),
    },
  });

  test.each(["/f", "/link"])("reads bytes as they are from %s", async (src) => {
    const { result } = await lookWith(slurp, { src }, host);
    expect(result).toEqual({ content: "AP8K", encoding: "base64", source: src });
  });

  test.each([
    ["/none", "is not there"],
    ["/d", "is no file but a directory"],
    ["/large", "is larger than 16 MiB"],
  ])("refuses %s", async (src, why) => {
    await expect(lookWith(slurp, { src }, host)).rejects.toThrow(why);
  });

  test.each([{}, { src: "f" }, { src: "/f", dest: "/g" }])("its schema refuses %j", (args) =>
    expect(refuses(slurp, args)).toBeDefined(),
  );
});
