import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { runCli } from "../run-cli.ts";
import type { Surroundings } from "../surroundings.ts";

/** What a command line left behind. */
export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory to work in, with files, that goes when the test is over. */
export interface Workplace {
  readonly directory: string;
  run(argv: readonly string[], changes?: Partial<Surroundings>): Promise<CliResult>;
  write(name: string, text: string): string;
  remove(): void;
}

/** Makes a working directory with these files. */
export function makeWorkplace(files: Readonly<Record<string, string>> = {}): Workplace {
  const directory = mkdtempSync(join(tmpdir(), "mailferry-cli-"));
  const write = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    directory,
    write,
    run: (argv, changes) => runInMemory(argv, { cwd: directory, ...changes }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Runs a command line in this process, on streams in memory: no terminal, an empty input. */
export async function runInMemory(
  argv: readonly string[],
  changes: Partial<Surroundings> = {},
): Promise<CliResult> {
  const stdout = new Collected();
  const stderr = new Collected();
  const stdin = new PassThrough();
  stdin.end();
  const exitCode = await runCli({
    argv,
    stdin,
    stdout,
    stderr,
    environment: { HOME: "/nonexistent" },
    cwd: tmpdir(),
    signals: new EventEmitter(),
    ...changes,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** A stream that keeps what is written to it. */
export class Collected extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

/** The two sides of a migration, on addresses that no test connects to. */
export const inventoryText = `all:
  children:
    old: { hosts: { mail-old.example.org: { address: 192.0.2.10, user: root } } }
    new: { hosts: { mail-new.example.org: { address: 192.0.2.20, user: root } } }
`;

/** A playbook of three stages; \`switch` needs `copy` and can be rolled back. */
export const playbookText = `name: A small move
stages:
  - name: copy
    description: Copy what is there.
    repeatable: true
    plays:
      - name: Copy
        hosts: new
        tasks:
          - name: Say hello
            command: { cmd: "echo hello {{inventory_hostname}}" }
            notify: Tell it
        handlers:
          - name: Tell it
            command: "true"
  - name: switch
    description: The downtime.
    requires: [{ stage: copy, within: 24h }]
    confirm: "Type {{old_host}}."
    plays:
      - name: Open
        hosts: old,new
        tasks:
          - name: Go
            command: "true"
            tags: [go]
    rollback:
      - name: Back
        hosts: old
        tasks: [{ name: Undo, command: "true" }]
  - name: finish
    requires: [{ stage: switch }]
    plays:
      - name: Finish
        hosts: all
        tasks: [{ name: Done, command: "true" }]
`;
