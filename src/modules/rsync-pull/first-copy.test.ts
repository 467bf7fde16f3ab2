import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Progress } from "../../contract/progress.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { copyFirst, streamBytesOf } from "./first-copy.ts";

test("a stream has a block for each file and whole blocks of its content", async () => {
  const root = mkdtempSync(join(tmpdir(), "mailferry-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "cur"));
  for (const [name, bytes] of [
    ["empty", 0],
    ["one", 1],
    ["two", 513],
  ] as const) {
    writeFileSync(join(root, "cur", name), "x".repeat(bytes));
  }
  const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer: localShell }] });
  expect(await streamBytesOf(root, host)).toBe((1 + 2 + 3) * 512);
});

/** Its jobs take as long as it takes to know how much there is. */
class PatientHost extends FakeHost {
  readonly until: Promise<unknown>;

  constructor(until: Promise<unknown>, ...words: ConstructorParameters<typeof FakeHost>) {
    super(...words);
    this.until = until;
  }

  override async runJob(job: Parameters<FakeHost["runJob"]>[0]): ReturnType<FakeHost["runJob"]> {
    await this.until;
    return super.runJob(job);
  }
}

test("the progress of a first copy goes by bytes, and by no more than there are", async () => {
  const stdout = "mailferry: read 20480\nmailferry: read 61440\nmailferry: unpacked 9\n";
  const stderr = "Total bytes read: 61440 (60KiB, 1MiB/s)\n";
  const streamBytes = Promise.resolve(51_200);
  const commands = [{ argv: ["sh", "-c"], answer: { stdout, stderr } }];
  const host = new PatientHost(streamBytes, { commands });
  const seen: Progress[] = [];
  const copied = await copyFirst(
    {
      link: { remoteShell: "ssh", remote: "root@192.0.2.10", directory: "/var/vmail" },
      ...{ dest: "/var/vmail", notes: { directory: "/notes", pass: "1" }, rules: [] },
      ...{ owner: undefined, group: undefined, acls: false, xattrs: false },
      ...{ compress: true, nice: 10, ionice: "idle" },
      streamBytes,
      onStreamed: () => {},
    },
    host,
    (progress) => seen.push(progress),
  );
  expect(copied).toMatchObject({ kind: "copied", files: 9, bytes: 61_440, stranger: undefined });
  expect(seen).toMatchObject([
    { doneBytes: 20_480, totalBytes: 51_200 },
    { doneBytes: 61_440, totalBytes: 61_440 },
  ]);
  expect(host.commands[0]?.argv).toContain("mailferry-archive --nice=10 --ionice=idle --gzip");
});
