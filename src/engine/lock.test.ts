import { chmodSync, chownSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { describeHolder, lockStateDirectory, stateDirectoryHolder } from "./lock.ts";

const me = { user: "root", uid: process.geteuid?.(), hostname: "here", machineId: "m1", pid: process.pid };
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

  test("a directory that others can read is closed to them, and one that they can write is refused", () => {
    const path = temporaryDirectory();
    chmodSync(path, 0o755);
    lockStateDirectory(path, holder, false)();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const mode of [0o720, 0o702, 0o777]) {
      chmodSync(path, mode);
      expect(() => lockStateDirectory(path, holder, false)).toThrow(
        expect.objectContaining({ kind: "refused", message: `${path} can be written by others` }),
      );
    }
  });

  test.runIf(process.geteuid?.() === 0)("a directory of another user is refused", () => {
    const path = temporaryDirectory();
    chownSync(path, 65534, 65534);
    expect(() => lockStateDirectory(path, holder, false)).toThrow(`${path} belongs to another user`);
  });

  test("a lock of another machine holds until it is broken", () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, "lock.json"), JSON.stringify({ ...holder, machineId: "m2" }));
    expect(() => lockStateDirectory(path, holder, false)).toThrow("locked by");
    lockStateDirectory(path, holder, true)();
  });
});
