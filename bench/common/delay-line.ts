import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A slow line to a network namespace of its own. */
export interface DelayLine {
  readonly farAddress: string;
  /** Put before a command that shall run at the far end. */
  readonly prefix: readonly string[];
  stop(): void;
}

const nearAddress = "10.211.0.1";
const farAddress = "10.211.0.2";

/** Lays a line with this round trip time, or says why that can't be done here. */
export async function layDelayLine(roundTripMs: number): Promise<DelayLine | string> {
  if (!existsSync("/dev/net/tun")) return "no /dev/net/tun on this machine";
  const program = join(process.cwd(), "bench", "common", "delay_line.py");
  const argv = [program, nearAddress, farAddress, String(roundTripMs / 2000)];
  const child = spawn("/usr/bin/python3", argv, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const ready = await new Promise<boolean>((resolve) => {
    child.stdout.once("data", () => resolve(true));
    child.once("error", () => resolve(false));
    child.once("exit", () => resolve(false));
  });
  if (!ready) return `no delay line could be laid: ${said.trim().split("\n").at(-1) ?? "python3 is missing"}`;
  return {
    farAddress,
    prefix: ["nsenter", `--net=/proc/${child.pid}/ns/net`],
    stop: () => child.stdin.end(),
  };
}
