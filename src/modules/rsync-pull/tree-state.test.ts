import { chmodSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../contract/testing/temporary-directory.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { lookAtTree } from "./tree-state.ts";

const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer: localShell }] });

test("a tree is another one after each kind of change, also where size and time are as before", async () => {
  const root = temporaryDirectory();
  const at = (name: string) => join(root, name);
  mkdirSync(at("live"));
  for (const name of ["live/key\n1", "live/chain", "README"]) writeFileSync(at(name), "0123456789");
  const sum = async () => (await lookAtTree(root, undefined, host))?.sum;
  const { mtime } = statSync(at("live/chain"));
  const changes = [
    () => {
      letTheClockMove(at("live/chain"));
      writeFileSync(at("live/chain"), "9876543210");
      utimesSync(at("live/chain"), mtime, mtime);
    },
    () => chmodSync(at("README"), 0o600),
    () => renameSync(at("README"), at("LIESMICH")),
    () => rmSync(at("live/key\n1")),
  ];
  const seen = [await sum()];
  expect(await sum()).toBe(seen[0]);
  for (const change of changes) {
    change();
    seen.push(await sum());
  }
  expect(seen).not.toContain(undefined);
  expect(new Set(seen).size).toBe(changes.length + 1);
});

test("the files that are named are looked at, and no others", async () => {
  const root = temporaryDirectory();
  for (const name of ["-key.pem", "other"]) writeFileSync(join(root, name), "");
  const before = await lookAtTree(root, ["-key.pem"], host);
  writeFileSync(join(root, "other"), "more");
  writeFileSync(join(root, "third"), "");
  expect(await lookAtTree(root, ["-key.pem"], host)).toEqual(before);
});

test("what was changed a moment ago is not settled, what was installed long ago is", async () => {
  const root = temporaryDirectory();
  writeFileSync(join(root, "new"), "");
  expect(await lookAtTree(root, undefined, new FakeHost(withClock(-3600)))).toMatchObject({ settled: false });
  const [directory, program] = [dirname(process.execPath), basename(process.execPath)];
  expect(await lookAtTree(directory, [program], new FakeHost(withClock(3600)))).toMatchObject({
    settled: true,
  });
});

test("a large tree, one that changes under the look, and one that is gone have no state", async () => {
  const root = temporaryDirectory();
  expect(await lookAtTree(root, ["gone"], host)).toBeUndefined();
  expect(await lookAtTree(join(root, "gone"), undefined, host)).toBeUndefined();
  const large = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer: "1 2 3 4 644 0 0 ./cut sho" }] });
  expect(await lookAtTree(root, undefined, large)).toBeUndefined();
});

/** The kernel's times have a grain of some milliseconds: waits until a change bears another one than that file. */
function letTheClockMove(path: string): void {
  const probe = join(temporaryDirectory(), "probe");
  do writeFileSync(probe, "");
  while (statSync(probe).ctimeMs <= statSync(path).ctimeMs);
}

/** This machine, whose clock is so many seconds ahead of its files. */
function withClock(seconds: number): ConstructorParameters<typeof FakeHost>[0] {
  const script = (text: string) => text.replace("clock=$(date +%s)", `clock=$(($(date +%s) + ${seconds}))`);
  return {
    commands: [
      {
        argv: ["sh", "-c"],
        answer: (call) => localShell({ ...call, argv: call.argv.map(script) }),
      },
    ],
  };
}
