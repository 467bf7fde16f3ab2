import { expect, test } from "vitest";
import type { Progress } from "../../contract/progress.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { copyFirst } from "./first-copy.ts";
import { shardsOf } from "./shards.ts";

test("the progress of a first copy goes by bytes, and by no more than there are", async () => {
  const said = [
    "read 1 20480",
    "read 2 20480",
    "streamed 2",
    "read 1 40960",
    "read 2 92160",
    "streamed 1",
    "unpacked 9",
  ];
  const stdout = said.map((line) => `mailferry: ${line}\n`).join("");
  const stderr = "Total bytes read: 61440 (60KiB, 1MiB/s)\nTotal bytes read: 92160 (90KiB, 1MiB/s)\n";
  const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer: { stdout, stderr } }] });
  const part = { files: 1, mailboxes: 1 };
  const parts = [
    { ...part, path: "a.org/anna", bytes: 30_720 },
    { ...part, path: "a.org/b\u00c3\u00a9", bytes: 51_200 },
    { ...part, path: "a.org/carl", bytes: 25_600 },
  ];
  const seen: Progress[] = [];
  const told: number[] = [];
  const copied = await copyFirst(
    {
      link: { remoteShell: "ssh", remote: "root@192.0.2.10", directory: "/var/vmail" },
      ...{ dest: "/var/vmail", notes: { directory: "/notes", pass: "1" }, rules: [] },
      ...{ owner: undefined, group: undefined, acls: false, xattrs: false },
      ...{ compress: true, priority: { nice: 10, ionice: "idle" } },
      shards: shardsOf({ parts, above: [], isApart: true }, 2),
      onStreamed: () => told.push(seen.length),
    },
    host,
    (progress) => seen.push(progress),
  );
  expect(copied).toMatchObject({ kind: "copied", files: 9, bytes: 153_600, stranger: undefined });
  const all = { totalBytes: 107_520, totalItems: 3, unit: "mailboxes" };
  expect(seen).toMatchObject([
    { ...all, doneBytes: 20_480, doneItems: 0, text: "a.org/b\u00e9 and a.org/anna" },
    { ...all, doneBytes: 40_960, doneItems: 0, text: "a.org/b\u00e9 and a.org/anna" },
    { ...all, doneBytes: 61_440, doneItems: 0, text: "a.org/b\u00e9 and a.org/anna" },
    { doneBytes: 133_120, totalBytes: 133_120, doneItems: 2, text: "a.org/b\u00e9" },
  ]);
  expect(told).toEqual([4]);
  const argv = host.commands[0]?.argv ?? [];
  expect(argv).toContain("mailferry-archive --nice=10 --ionice=idle --gzip --shard");
  expect(host.commands[0]?.options.stdin?.toString("latin1")).toBe(
    "./a.org/anna\n./a.org/carl\n./a.org/b\u00c3\u00a9\n",
  );
});
