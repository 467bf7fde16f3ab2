import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lab } from "../../src/lab/lab.ts";

/**
 * An environment in which the time of day of a controller is the machine's and what `moveClock` adds to it (libfaketime), and
 * of nothing that it starts. The time since the boot, and those of files, stay as they are. Throws where the library is not installed.
 */
export function movableClock(lab: Lab): Readonly<Record<string, string>> {
  const places = readdirSync("/usr/lib").map((each) => `/usr/lib/${each}/faketime/libfaketimeMT.so.1`);
  const library = places.find((place) => existsSync(place));
  if (library === undefined)
    throw new Error("the controller's clock can't be moved: apt-get install libfaketime");
  moveClock(lab, "+0");
  return {
    LD_PRELOAD: library,
    NODE_OPTIONS: `--require ${fileURLToPath(new URL("own-clock.cjs", import.meta.url))}`,
    FAKETIME_TIMESTAMP_FILE: clockFile(lab),
    // The file is read again every second.
    FAKETIME_CACHE_DURATION: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
}

/** Moves the clock: "+1h", "-1h", or "+0" for the machine's own time. */
export function moveClock(lab: Lab, by: string): void {
  writeFileSync(clockFile(lab), by);
}

function clockFile({ directory }: Lab): string {
  return join(directory, "clock");
}
