import { afterEach, describe, expect, test, vi } from "vitest";
import { groupedSync } from "./grouped-sync.ts";

/** A file whose syncs end when the test says so. */
function heldFile() {
  const open: ((error: Error | null) => void)[] = [];
  const log: string[] = [];
  return {
    log,
    end: (error: Error | null = null) => open.shift()?.(error),
    file: {
      write: (bytes: Buffer) => void log.push(`write ${bytes}`),
      sync(done: (error: Error | null) => void) {
        log.push("sync");
        open.push(done);
      },
      syncNow: () => void log.push("sync now"),
      close: () => void log.push("close"),
    },
  };
}

const line = Buffer.from("line");

/** Waits until all that can go on without the disk has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function waiter(synced: Promise<void>, name: string, done: string[]): void {
  synced.then(
    () => done.push(name),
    (error: Error) => done.push(`${name}: ${error.message}`),
  );
}

afterEach(() => {
  vi.useRealTimers();
});

describe("groupedSync", () => {
  test("lets those who come during a sync share the next one", async () => {
    const { file, end, log } = heldFile();
    const disk = groupedSync(file);
    const done: string[] = [];
    disk.write(line);
    waiter(disk.synced(), "first", done);
    await settled();
    for (const name of ["second", "third"]) {
      disk.write(line);
      waiter(disk.synced(), name, done);
    }
    end();
    await settled();
    await settled();
    // What was written while the first sync was under way is not known to be on the disk with it.
    expect({ done, log }).toEqual({
      done: ["first"],
      log: ["write line", "sync", "write lineline", "sync"],
    });
    end();
    await settled();
    expect(done).toEqual(["first", "second", "third"]);
  });

  test("has one sync for all who come at the same moment", async () => {
    const { file, end, log } = heldFile();
    const disk = groupedSync(file);
    const done: string[] = [];
    for (const name of ["first", "second", "third"]) {
      disk.write(line);
      waiter(disk.synced(), name, done);
    }
    await settled();
    end();
    await settled();
    expect({ done, log }).toEqual({
      done: ["first", "second", "third"],
      log: ["write line", "write line", "write line", "sync"],
    });
  });

  test("syncs soon what nobody waits for, once for all of it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { file, end, log } = heldFile();
    const disk = groupedSync(file);
    for (let count = 0; count < 3; count++) {
      disk.write(line);
      disk.syncSoon();
    }
    await settled();
    expect(log).toEqual(["write line", "write line", "write line"]);
    vi.runAllTimers();
    await settled();
    end();
    await settled();
    expect(log).toEqual(["write line", "write line", "write line", "sync"]);
    disk.write(line);
    disk.syncSoon();
    vi.runAllTimers();
    await settled();
    expect(log.slice(4)).toEqual(["write line", "sync"]);
  });

  test("needs no sync of its own for what went with another one", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { file, end, log } = heldFile();
    const disk = groupedSync(file);
    disk.write(line);
    disk.syncSoon();
    waiter(disk.synced(), "first", []);
    await settled();
    end();
    await settled();
    vi.runAllTimers();
    await settled();
    disk.close();
    expect(log).toEqual(["write line", "sync", "close"]);
  });

  test("syncs what was to be synced soon before it closes", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { file, log } = heldFile();
    const disk = groupedSync(file);
    disk.write(line);
    disk.syncSoon();
    disk.close();
    vi.runAllTimers();
    expect(log).toEqual(["write line", "sync now", "close"]);
  });

  test("takes a sync at once for all that was written", async () => {
    const { file, log } = heldFile();
    const disk = groupedSync(file);
    disk.write(line);
    disk.syncNow();
    await disk.synced();
    expect(log).toEqual(["write line", "sync now"]);
  });

  test("writes in the order of giving when one has to be on the disk at once", async () => {
    const { file, end, log } = heldFile();
    const disk = groupedSync(file);
    disk.write(Buffer.from("a"));
    waiter(disk.synced(), "first", []);
    await settled();
    disk.write(Buffer.from("b"));
    disk.write(Buffer.from("c"));
    disk.syncNow();
    expect(log).toEqual(["write a", "sync", "write bc", "sync now"]);
    end();
    await settled();
  });

  test("tells a write that failed to all that come after", async () => {
    const { file } = heldFile();
    const full = (): void => {
      throw new Error("no space left");
    };
    const disk = groupedSync({ ...file, write: full });
    expect(() => disk.write(line)).toThrow("no space left");
    await expect(disk.synced()).rejects.toThrow("no space left");
    expect(() => disk.write(line)).toThrow("no space left");
  });

  test("tells a sync that failed to all that come after", async () => {
    const { file, end } = heldFile();
    const disk = groupedSync(file);
    const done: string[] = [];
    disk.write(line);
    waiter(disk.synced(), "first", done);
    await settled();
    end(new Error("no space left"));
    await settled();
    await settled();
    expect(() => disk.write(line)).toThrow("no space left");
    waiter(disk.synced(), "second", done);
    await settled();
    expect(done).toEqual(["first: no space left", "second: no space left"]);
    expect(() => disk.syncNow()).toThrow("no space left");
  });

  test("closes the file when the sync under way has ended, and all is on the disk", async () => {
    const { file, end, log } = heldFile();
    const disk = groupedSync(file);
    disk.write(line);
    waiter(disk.synced(), "first", []);
    await settled();
    disk.close();
    expect(log).toEqual(["write line", "sync", "sync now"]);
    end();
    await settled();
    expect(log).toEqual(["write line", "sync", "sync now", "close"]);
  });
});
