import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { describeHolder, lockStateDirectory, stateDirectoryHolder } from "./lock.ts";

const me = { user: "root", hostname: "here", machineId: "m1", pid: process.pid };
const holder = describeHolder(me, "example", new Date());

describe("the lock of a state directory", () => {
  test("a second operator is told who holds it, since when, and how to break it", () => {
    const path = temporaryDirectory();
    const release = lockStateDirectory(path, holder, false);
    expect(() => lockStateDirectory(path, holder, false)).toThrow(
      /root on here \(process \d+, migration example\) since 20/,
    );
    expect(() => lockStateDirectory(path, holder, false)).toThrow(
      expect.objectContaining({ kind: "refused", next: expect.stringContaining("--break-lock") }),
    );
    release();
    expect(stateDirectoryHolder(path)).toBeUndefined();
    lockStateDirectory(path, holder, false)();
  });

  test("a lock whose process was killed is taken over, also when its pid was given out again", () => {
    for (const dead of [
      { ...holder, pid: 2 ** 22 + 1 },
      { ...holder, startedTicks: "1" },
    ]) {
      const path = temporaryDirectory();
      writeFileSync(join(path, "lock.json"), JSON.stringify(dead));
      lockStateDirectory(path, holder, false)();
    }
  });

  test("a lock of another machine holds until it is broken", () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, "lock.json"), JSON.stringify({ ...holder, machineId: "m2" }));
    expect(() => lockStateDirectory(path, holder, false)).toThrow("locked by");
    lockStateDirectory(path, holder, true)();
  });
});
