import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ttlFinding } from "./ttl-finding.ts";

const changedAt = "2026-11-29T12:00:00.000Z";

function stateDirectory(...ttls: number[]): string {
  const directory = mkdtempSync(join(tmpdir(), "mailferry-ttl-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const run = join(directory, "runs", "20261129T120000Z-1");
  mkdirSync(run, { recursive: true });
  const sets = ttls.map((ttl, index) => ({ name: `a${index}`, type: "A", ttl, data: [], changedAt }));
  writeFileSync(join(run, "dns-before.json"), JSON.stringify(sets));
  return directory;
}

const at = (time: string) => new Date(`2026-11-29T${time}Z`);

test("the longest former TTL counts", async () => {
  expect(await ttlFinding(stateDirectory(60, 7200), at("13:00:00"))).toBe(
    "changed 2026-11-29 12:00 UTC (1 h ago); caches may hold the former records until 2026-11-29 14:00 UTC",
  );
  expect(await ttlFinding(stateDirectory(60, 3600), at("14:00:00"))).toBe(
    "changed 2026-11-29 12:00 UTC (2 h ago); caches forgot the former records 2026-11-29 13:00 UTC (1 h ago)",
  );
});

test("where nothing was changed there is nothing to tell", async () => {
  expect(await ttlFinding(stateDirectory(), at("13:00:00"))).toBeUndefined();
  expect(await ttlFinding("/nowhere", at("13:00:00"))).toBeUndefined();
});
