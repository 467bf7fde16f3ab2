import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";
import { until } from "./rehearse.ts";

/** A command of Mailferry's at a terminal, and a person before it. */
export interface AtTerminal {
  /** All that the screen was sent so far. */
  screen(): string;
  /** Waits until a text was sent; a command that ends before it throws. */
  see(text: string): Promise<void>;
  type(keys: string): void;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

export const ctrlC = "\x03";

/** Starts `mailferry` with words as a person types them, on a terminal of its own (script(1)). */
export function atTerminal({ lab, directory }: Rehearsal, program: string, words: string): AtTerminal {
  // Wide enough that no sentence is broken.
  const typed = `stty cols 250 rows 50; exec '${process.execPath}' '${program}' ${words}`;
  const [command = "", ...argv] = lab.inNamespace(["script", "-qefc", typed, "/dev/null"]);
  const child = spawn(command, argv, { cwd: directory, env: { ...process.env, TERM: "xterm" } });
  const sent: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => sent.push(chunk));
  // Keys that come too late reach nobody.
  child.stdin.on("error", () => {});
  const screen = () => Buffer.concat(sent).toString();
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    screen,
    ended,
    type: (keys) => void child.stdin.write(keys),
    see: async (text) => {
      await until(() => screen().includes(text) || child.exitCode !== null, 300_000);
      if (!screen().includes(text)) throw new Error(`it ended before it said "${text}":\n${screen()}`);
    },
  };
}
