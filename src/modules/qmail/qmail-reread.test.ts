import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../contract/testing/temporary-directory.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { type FakeCall, FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { checkOnly, refuses, runModule } from "../testing/run-module.ts";
import { qmailReread } from "./qmail-reread.ts";

const args = { manager: "daemontools" } as const;

/** A host whose qmail-send gets another number at each restart. */
function host(): FakeHost {
  let pid = 100;
  const answer = ({ argv, kind }: FakeCall) => {
    if (kind === "probe") return `${pid} 5555\n`;
    if (argv[2]?.includes("svc -t")) pid += 1;
    return "";
  };
  return new FakeHost({
    files: {
      "/var/lib/mailferry": { type: "directory" },
      "/var/qmail/control/me": "a\n",
      "/var/qmail/control/locals": "a\n",
    },
    commands: [{ argv: ["sh", "-c"], answer }],
  });
}

describe("qmail_reread", () => {
  test("restarts a process of which nobody knows what it has read, once", async () => {
    const at = host();
    const ran = await runModule(qmailReread, args, at);
    expect(ran.change?.how).toBe("restart");
    expect(ran.left).toBeUndefined();
  });

  test("SIGHUP is enough for locals and virtualdomains; all others need a restart", async () => {
    const at = host();
    await runModule(qmailReread, args, at);
    at.tree.put("/var/qmail/control/virtualdomains", { content: Buffer.from("example.org:x\n") });
    const hup = await runModule(qmailReread, args, at);
    expect(hup.change?.how).toBe("hangup");
    expect(hup.left).toBeUndefined();
    at.tree.put("/var/qmail/control/concurrencyremote", { content: Buffer.from("0\n") });
    const restarted = await runModule(qmailReread, args, at);
    expect(restarted.change?.how).toBe("restart");
    expect(restarted.left).toBeUndefined();
  });

  test("what qmail-send does not read leaves it alone", async () => {
    const at = host();
    await runModule(qmailReread, args, at);
    at.tree.put("/var/qmail/control/smtproutes", { content: Buffer.from("a:b\n") });
    expect(await checkOnly(qmailReread, args, at, fakeContext())).toBeUndefined();
  });

  test("a change that is made while it restarts is read at the next run", async () => {
    const at = host();
    const context = fakeContext();
    const change = await checkOnly(qmailReread, args, at, context);
    if (change === undefined) throw new Error("nothing to do");
    at.tree.put("/var/qmail/control/concurrencyremote", { content: Buffer.from("0\n") });
    await qmailReread.apply(change, at, context);
    expect((await checkOnly(qmailReread, args, at, context))?.how).toBe("restart");
  });

  test("a qmail-send that does not run is a failure", async () => {
    const at = host();
    at.answer(["sh", "-c"], { exitCode: 1 });
    await expect(checkOnly(qmailReread, args, at, fakeContext())).rejects.toThrow("qmail-send does not run");
  });

  test("names what runs it", () => {
    expect(refuses(qmailReread, {})).toBeDefined();
    expect(refuses(qmailReread, { manager: "runit" })).toBeDefined();
  });
});

/** Two processes that run for as long as the test does: this one, and the one that has started it. */
const [before, after] = [process.pid, process.ppid];

/** A host on which this program says and does what that manager's own does, by the file `pid`. Its scripts run for real. */
function hostOf(programs: Readonly<Record<string, string>>) {
  const directory = temporaryDirectory();
  const bin = join(directory, "bin");
  mkdirSync(bin);
  writeFileSync(join(directory, "pid"), `${before}\n`);
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\ncd ${directory}\n${body}\n`, { mode: 0o755 });
  }
  const real = localShellWith(bin);
  const inPlace = (word: string) => word.replaceAll("/etc/init.d", bin);
  const at = host();
  at.answer(["sh", "-c"], (call) => real({ ...call, argv: call.argv.map(inPlace) }));
  return { at, asked: () => readFileSync(join(directory, "asked"), "utf8") };
}

const restarts = `echo "$*" >>asked; echo ${after} >pid`;

describe("qmail-send is found, and starts anew by", () => {
  test.each([
    [
      "systemd",
      { systemctl: `if [ "$1" = show ]; then cat pid; else ${restarts}; fi`, pgrep: "exit 1" },
      "restart qmail-send\n",
    ],
    ["init", { "qmail-send": restarts, pgrep: "cat pid" }, "restart\n"],
    // Where a program around it is the service's process, or systemd is older than the option --value.
    [
      "systemd",
      { systemctl: `[ "$1" = show ] || { ${restarts}; }`, pgrep: "cat pid" },
      "restart qmail-send\n",
    ],
  ] as const)("%s, with %j", async (manager, programs, asked) => {
    const { at, asked: wasAsked } = hostOf(programs);
    const ran = await runModule(qmailReread, { manager }, at);
    expect(ran.change?.process).toMatch(new RegExp(`^${before} [0-9]+$`));
    expect(ran.left).toBeUndefined();
    expect(wasAsked()).toBe(asked);
  });

  test("a script that fails, which is a failure", async () => {
    const { at } = hostOf({ "qmail-send": "exit 1", pgrep: "cat pid" });
    await expect(runModule(qmailReread, { manager: "init" }, at)).rejects.toThrow("exit code 1");
  });
});
