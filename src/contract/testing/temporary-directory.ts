import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty directory that is there until the test has ended. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
