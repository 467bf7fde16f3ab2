import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../contract/testing/temporary-directory.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { checkOnly, refuses, runModule } from "../testing/run-module.ts";
import { svc } from "./svc.ts";

/** A service whose state is a file, with programs that read and write it. */
function host(state: "up" | "down"): FakeHost {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "bin"));
  const program = (name: string, script: string) => {
    writeFileSync(join(directory, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, "bin", name), 0o755);
  };
  writeFileSync(join(directory, "state"), state);
  // Asked right behind `svc -d`, a service that still ends its work is up.
  program(
    "svstat",
    `case $(cat ${directory}/state) in
      up) echo "$1: up (pid 12) 3 seconds" ;;
      ending) echo "$1: up (pid 12) 3 seconds, want down"; echo down >${directory}/state ;;
      down) echo "$1: down 2 seconds, normally up" ;;
    esac`,
  );
  program("svc", `case $1 in -u) echo up ;; -d) echo ending ;; esac >${directory}/state`);
  return new FakeHost({
    files: { "/service/qmail-smtpd/run": "" },
    commands: [{ argv: ["sh", "-c"], answer: localShellWith(join(directory, "bin")) }],
  });
}

describe("svc", () => {
  test("stops a service, waits until it is down, and keeps it down", async () => {
    const at = host("up");
    const stopped = await runModule(svc, { name: "qmail-smtpd", state: "stopped", downed: true }, at);
    expect(stopped.change?.summary).toBe("qmail-smtpd stopped, kept down");
    expect(stopped.left).toBeUndefined();
    expect(at.tree.stat("/service/qmail-smtpd/down")).toBeDefined();
    const started = await runModule(svc, { name: "qmail-smtpd", state: "started", downed: false }, at);
    expect(started.left).toBeUndefined();
    expect(at.tree.stat("/service/qmail-smtpd/down")).toBeUndefined();
  });

  test("a service that is not there is a failure, unless that is fine", async () => {
    const missing = { name: "qmail-pop3d", state: "stopped" } as const;
    const context = fakeContext();
    await expect(checkOnly(svc, missing, host("up"), context)).rejects.toThrow("/service/qmail-pop3d");
    expect(await checkOnly(svc, { ...missing, missing: "ignore" }, host("up"), context)).toBeUndefined();
  });

  test("one that nobody supervises is not taken for a stopped one", async () => {
    const at = host("up");
    at.answer(["sh", "-c"], "/service/qmail-smtpd: supervise not running\n");
    const look = checkOnly(svc, { name: "qmail-smtpd", state: "stopped" }, at, fakeContext());
    await expect(look).rejects.toThrow("supervise not running");
  });

  test.each([[{ name: "x" }], [{ state: "started" }], [{ name: "x", state: "once" }]])(
    "%j is refused",
    (args) => {
      expect(refuses(svc, args)).toBeDefined();
    },
  );
});
