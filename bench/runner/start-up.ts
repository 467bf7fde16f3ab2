import { spawnSync } from "node:child_process";
import { median } from "../common/measure.ts";
import { program } from "./peers/mailferry.ts";
import type { StartUp } from "./results.ts";

/** Measures what it costs to start the program, beside a Node that does nothing. */
export function measureStartUps(rounds: number, directory: string): StartUp[] {
  const commands: readonly { readonly command: string; readonly argv: readonly string[] }[] = [
    { command: "node -e 0", argv: ["-e", "0"] },
    { command: "mailferry --version", argv: [program(), "--version"] },
    { command: "mailferry --help", argv: [program(), "--help"] },
  ];
  const readings = commands.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { argv }] of commands.entries()) {
      const begun = performance.now();
      const { status } = spawnSync(process.execPath, argv, {
        cwd: directory,
        env: { HOME: directory },
        stdio: "ignore",
      });
      if (status !== 0) throw new Error(`node ${argv.join(" ")} ended with ${status}`);
      readings[index]?.push((performance.now() - begun) / 1000);
    }
  }
  return commands.map(({ command }, index) => ({
    command,
    wallSeconds: median(readings[index] ?? []),
    runs: rounds,
  }));
}
