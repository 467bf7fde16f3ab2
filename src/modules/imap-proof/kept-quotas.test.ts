import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readKeptQuotas } from "./kept-quotas.ts";

test("quotas are kept by Maildir; whom nothing was told of has none, and damaged lines are passed over", async () => {
  const directory = mkdtempSync(join(tmpdir(), "mailferry-quotas-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const limits = [{ resource: "STORAGE", used: 7, limit: 512 }];
  const lines = [
    JSON.stringify({ type: "quota", mailbox: "a@example.org", maildir: "example.org/a/Maildir", limits }),
    JSON.stringify({ type: "quota", mailbox: "b@example.org", maildir: "example.org/b/Maildir", limits: [] }),
    JSON.stringify({
      type: "quota",
      mailbox: "c@example.org",
      maildir: "example.org/c/Maildir",
      limits: null,
    }),
    JSON.stringify({ type: "mailbox", mailbox: "d@example.org", maildir: "example.org/d/Maildir", limits }),
    '{"type":"quota","maildir":"e","limits":7}',
    '{"type":"quota","mail',
  ];
  const file = join(directory, "imap-proof-old.jsonl");
  writeFileSync(file, lines.join("\n"));
  const context = {
    lastRunFile: async (name: string) => (name === "imap-proof-old.jsonl" ? file : undefined),
  };
  expect(await readKeptQuotas("imap-proof-old", context)).toEqual(
    new Map([
      ["example.org/a/Maildir", limits],
      ["example.org/b/Maildir", []],
    ]),
  );
  expect(await readKeptQuotas("another", context)).toBeUndefined();
});
