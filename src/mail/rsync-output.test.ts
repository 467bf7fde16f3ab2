import { describe, expect, test } from "vitest";
import { parseProgressLine, parseStats, rsyncExit } from "./rsync-output.ts";

describe("rsync's progress", () => {
  test("has bytes, rate, time left and files", () => {
    const line = "      1,238,099  12%  146.38kB/s    0:01:08 (xfr#5, to-chk=169/396)";
    expect(parseProgressLine(line)).toEqual({
      ...{ bytes: 1238099, percent: 12, rateBytes: 149893, secondsLeft: 68, sent: 5, looked: 227 },
      entries: 396,
    });
    expect(parseProgressLine("  1238099 100%   10.00MB/s    0:00:01 (xfr#5, ir-chk=0/396)")).toMatchObject({
      ...{ bytes: 1238099, rateBytes: 10485760, secondsLeft: 0 },
    });
    expect(parseProgressLine("   32768   0%    0.00kB/s   ??:??:??")).toMatchObject({
      ...{ bytes: 32768, secondsLeft: undefined, sent: undefined },
    });
    expect(parseProgressLine("Number of files: 5")).toBeUndefined();
  });
});

describe("rsync's statistics", () => {
  test("are read from the end", () => {
    const lines = [
      "Number of files: 1,234 (reg: 1,000, dir: 234)",
      "Number of created files: 3 (reg: 2, dir: 1)",
      "Number of deleted files: 0",
      "Number of regular files transferred: 2",
      "Total file size: 12,345,678 bytes",
      "Total transferred file size: 1,050 bytes",
    ];
    expect(parseStats(lines)).toEqual({
      ...{ entries: 1234, created: 3, deleted: 0, sent: 2, totalBytes: 12345678, sentBytes: 1050 },
    });
    expect(parseStats(["rsync error"])).toBeUndefined();
  });
});

describe("rsync's exit codes", () => {
  test.each([
    [23, "some files could not be copied", false],
    [24, "some files went away while it ran", false],
    [30, "no byte came within the time limit", true],
    [255, "ssh failed", true],
    [137, "it was ended by signal 9", false],
    [99, "exit code 99", false],
  ])("%i: %s", (code, meaning, lostLink) => {
    expect(rsyncExit(code)).toEqual({ meaning, lostLink });
  });
});
