import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../src/contract/testing/temporary-directory.ts";
import { lockHost, releaseHost } from "../../../src/engine/host-lock.ts";
import { describeHolder } from "../../../src/engine/lock.ts";
import { FakeHost } from "../../../src/modules/testing/fake-host.ts";

const me = { user: "root", uid: 0, hostname: "here", machineId: "m1", pid: process.pid };
const holder = describeHolder(me, "example", new Date());

/** A host whose scripts are run here, in a directory of the test; of what they are sent `reaches` arrives. */
function realHost(directory: string, reaches = (text: string) => text): FakeHost {
  const host = new FakeHost({ files: { "/var/lib/mailferry/.keep": "" } });
  host.answer(["sh", "-c"], ({ argv, options: { stdin } }) => {
    const [, , script = "", ...more] = argv.map((word) => word.replaceAll("/var/lib/mailferry", directory));
    const ran = spawnSync("sh", ["-c", script, ...more], { input: reaches(String(stdin)), encoding: "utf8" });
    return { exitCode: ran.status ?? 255, stdout: ran.stdout, stderr: ran.stderr };
  });
  return host;
}

describe("the lock of a host", () => {
  test("is there for one holder alone, and goes with that one", async () => {
    const directory = join(temporaryDirectory(), "mailferry");
    const host = realHost(directory);
    const other = { ...holder, since: "noon" };
    await lockHost(host, holder, false);
    expect(JSON.parse(readFileSync(join(directory, "lock"), "utf8"))).toEqual(holder);
    host.tree.write("/var/lib/mailferry/lock", readFileSync(join(directory, "lock")), {});
    await expect(lockHost(host, other, false)).rejects.toThrow("is locked by root on here");
    await releaseHost(host, other);
    expect(readdirSync(directory)).toEqual(["lock"]);
    await releaseHost(host, holder);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([0, 10])("is none when the link is lost behind %i of its bytes", async (length) => {
    const directory = join(temporaryDirectory(), "mailferry");
    const host = realHost(directory, (text) => text.slice(0, length));
    await expect(lockHost(host, holder, false)).rejects.toThrow("the lock was cut short");
    expect(readdirSync(directory)).toEqual([]);
  });
});
