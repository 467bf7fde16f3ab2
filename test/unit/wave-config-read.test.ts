import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { runWaveScript } from "./wave-scripts.ts";

test("a configuration that Dovecot has not read is told apart, whichever run wrote it", () => {
  const config = join(temporaryDirectory(), "00-mailferry.conf");
  const values = { wave_closed_config: config };
  const isRead = () =>
    runWaveScript({ file: "close", task: "Whether Dovecot has read this file", values }).stdout.trim();
  const reads = () =>
    expect(runWaveScript({ file: "have-read", task: "Keep what Dovecot has read", values }).status).toBe(0);

  writeFileSync(config, "deny = yes\n");
  expect(isRead()).toBe("no");
  reads();
  expect(isRead()).toBe("yes");
  // Here the run is cut; the next one finds the file as it has to be.
  writeFileSync(config, "deny = yes\nssl = yes\n");
  expect(isRead()).toBe("no");
  reads();
  expect(isRead()).toBe("yes");

  rmSync(config);
  reads();
  expect(existsSync(`${config}.read`)).toBe(false);
});
