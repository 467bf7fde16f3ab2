import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { HostShell } from "./host-shell.ts";
import type { Link } from "./link.ts";
import { LocalLink } from "./local-link.ts";

// Real processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 30_000 });

const withoutProc = `unshare --mount /bin/sh -c 'mount -t tmpfs none /proc && exec "$0" "$@"' /bin/sh`;

describe.each([
  ["the system's sh", "/bin/sh"],
  ["bash", "bash --norc --posix"],
  ["a shell that finds no pipes in /proc", withoutProc],
])("a relay in %s", (_name, program) => {
  test("brings each command its own outputs, however many there are", async () => {
    const run = await start(program);
    for (let number = 0; number < 130; number += 1) {
      const { settled, ...ended } = await run(["sh", "-c", "echo $0; echo $0 >&2; exit 3", String(number)]);
      expect(ended).toEqual({ code: 3, stdout: `${number}\n`, stderr: `${number}\n` });
      expect(await settled).toBe(true);
    }
  });

  test("waits for what a command left behind, and lets the next one hear nothing of it", async () => {
    const gate = join(temporaryDirectory(), "gate");
    execFileSync("mkfifo", [gate]);
    const run = await start(program);
    const { settled, stdout } = await run(["sh", "-c", 'cat "$0" & echo now', gate]);
    let isSettled = false;
    const settling = settled.then((whether) => {
      isSettled = whether;
    });
    // Another shell's command takes longer than it would take to settle here.
    const beside = await start(program);
    await beside(["true"]);
    expect([stdout, isSettled]).toEqual(["now\n", false]);
    // Returns when what was left behind has opened it to read.
    await writeFile(gate, "late\n");
    await settling;
    expect(isSettled).toBe(true);
    const next = await run(["sh", "-c", "echo mine; echo mine >&2"]);
    expect([next.stdout, next.stderr]).toEqual(["mine\n", "mine\n"]);
  });
});

/** Starts a kept shell of that program on this machine; gives back what runs a command in it, behind the one before. */
async function start(program: string) {
  const machine = new LocalLink({ PATH: "/usr/bin:/bin:/usr/sbin:/sbin" });
  const link: Link = {
    alive: true,
    start: (line) => machine.start(line.replace("/bin/sh", program)),
    forward: (address, port) => machine.forward(address, port),
    close: () => machine.close(),
  };
  const shell = await HostShell.start(link, { host: "here", loginUser: undefined, become: undefined });
  onTestFinished(() => shell.close());
  return async (argv: readonly string[]) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const code = await shell.execute(argv, {}, "relayed", {
      stdout: (bytes) => stdout.push(bytes),
      stderr: (bytes) => stderr.push(bytes),
    });
    return {
      code,
      stdout: String(Buffer.concat(stdout)),
      stderr: String(Buffer.concat(stderr)),
      settled: shell.settled,
    };
  };
}
