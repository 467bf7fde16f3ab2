import { describe, expect, test } from "vitest";
import { Refused } from "../contract/errors.ts";
import { apt } from "./apt.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { type FakeCommand, FakeHost, type FakeHostOptions } from "./testing/fake-host.ts";
import { refuses, registeredBy, runModule } from "./testing/run-module.ts";

const packageLists = { "/var/lib/apt/lists/partial": { type: "directory", modifiedAt: 1_000 } } as const;

/** A host with apt: `installed` changes as apt-get is run; a simulation that is not given does what is asked for. */
function hostWith(
  installed: Set<string>,
  simulation?: Exclude<FakeCommand["answer"], (...args: never) => unknown>,
  options: FakeHostOptions = {},
): FakeHost {
  return new FakeHost({
    files: packageLists,
    ...options,
    commands: [
      ...(options.commands ?? []),
      {
        argv: ["dpkg-query"],
        answer: ({ argv }) => {
          const names = argv.slice(argv.indexOf("--") + 1);
          const rows = names.map(
            (name) => `${name}\t${installed.has(name) ? "installed" : "config-files"}\t1.0\n`,
          );
          return rows.join("");
        },
      },
      { argv: ["date", "+%s"], answer: "2000\n" },
      {
        argv: ["apt-get"],
        answer: ({ argv, kind }) => {
          const names = argv.slice(argv.indexOf("--") + 1);
          const isInstall = argv.includes("install");
          if (argv[1] === "--simulate") {
            if (simulation !== undefined) return simulation;
            const todo = names.filter((name) => installed.has(name) !== isInstall);
            return todo.map((name) => `${isInstall ? "Inst" : "Remv"} ${name} (1.0)\n`).join("");
          }
          expect(kind).toBe("job");
          for (const name of argv.includes("update") ? [] : names) {
            if (isInstall) installed.add(name);
            else installed.delete(name);
          }
          return "";
        },
      },
    ],
  });
}

const jobs = (host: FakeHost): string[] =>
  host.changesRun().map((line) => line.replace(/ --(yes|quiet|option=\S+)/g, ""));

describe("apt", () => {
  test("installs what is missing, without asking, then has nothing left to do", async () => {
    const host = hostWith(new Set(["postfix"]));
    const args = { name: ["postfix", "rsync"], install_recommends: false };
    const ran = await runModule(apt, args, host);
    const { change, left } = ran;
    expect(change?.summary).toBe("install rsync");
    expect(jobs(host)).toEqual(["apt-get install --no-install-recommends -- rsync"]);
    const job = host.commands.find(({ kind }) => kind === "job");
    expect(job?.options.environment).toMatchObject({ DEBIAN_FRONTEND: "noninteractive" });
    const packages = ["postfix", "rsync"].map((name) => ({ name, version: "1.0" }));
    expect(await registeredBy(apt, args, host, ran)).toMatchObject({ packages, cache_updated: false });
    expect(await registeredBy(apt, args, host)).toMatchObject({ packages, cache_updated: false });
    expect(left).toBeUndefined();
  });

  test("removes what is there, then has nothing left to do", async () => {
    const host = hostWith(new Set(["exim4"]));
    const { left } = await runModule(apt, { name: ["exim4", "sendmail"], state: "absent" }, host);
    expect(jobs(host)).toEqual(["apt-get remove -- exim4"]);
    expect(left).toBeUndefined();
  });

  test("refreshes old package lists before it installs, and only then", async () => {
    const old = hostWith(new Set());
    await runModule(apt, { name: "rsync", update_cache: true, cache_valid_time: 900 }, old);
    expect(jobs(old)).toEqual(["apt-get update", "apt-get install -- rsync"]);
    const fresh = hostWith(new Set());
    await runModule(apt, { name: "rsync", update_cache: true }, fresh);
    expect(jobs(fresh)).toEqual(["apt-get install -- rsync"]);
    const there = hostWith(new Set(["rsync"]));
    await runModule(apt, { name: "rsync", update_cache: true, cache_valid_time: 0 }, there);
    expect(jobs(there)).toEqual([]);
  });

  test("upgrades to the latest when apt knows a newer one", async () => {
    const installed = new Set(["rsync"]);
    expect(
      (await runModule(apt, { name: "rsync", state: "latest" }, hostWith(installed, ""))).change,
    ).toBeUndefined();
    const host = hostWith(installed, "Inst rsync [1.0] (2.0)\nInst libz [1] (2)\n");
    const { change } = await runModule(apt, { name: "rsync", state: "latest" }, host);
    expect(change?.summary).toBe("install rsync and 1 more");
  });

  test.each([
    ["present", new Set<string>(), "Inst exim4 (4)\nRemv postfix [3]\n"],
    ["absent", new Set(["exim4"]), "Remv exim4 [4]\nRemv dovecot-imapd [2]\n"],
  ] as const)("refuses state %s when apt would remove others", async (state, installed, simulation) => {
    const host = hostWith(installed, simulation);
    await expect(runModule(apt, { name: "exim4", state }, host)).rejects.toBeInstanceOf(Refused);
    expect(jobs(host)).toEqual([]);
  });

  test("waits while another apt is at work", async () => {
    const installed = new Set<string>();
    const locked = { exitCode: 100, stderr: "E: Could not get lock /var/lib/dpkg/lock-frontend.\n" };
    const answers = [locked];
    const host = hostWith(installed, undefined, {
      commands: [{ argv: ["apt-get", "--yes"], answer: () => answers.shift() }],
    });
    const context = fakeContext({ signal: AbortSignal.timeout(20) });
    await expect(runModule(apt, { name: "rsync" }, host, context)).rejects.toThrow("timeout");
    expect(context.progressSeen.at(-1)).toEqual({ text: "waiting for another apt to end" });
  });

  test("says what apt said when it failed, and when it did nothing", async () => {
    const broken = hostWith(new Set(), undefined, {
      commands: [
        { argv: ["apt-get", "--yes"], answer: { exitCode: 100, stderr: "E: Unmet dependencies\n" } },
      ],
    });
    await expect(runModule(apt, { name: "rsync" }, broken)).rejects.toThrow("Unmet dependencies");
    const idle = hostWith(new Set(), undefined, { commands: [{ argv: ["apt-get", "--yes"], answer: "" }] });
    await expect(runModule(apt, { name: "rsync" }, idle)).rejects.toThrow("though apt-get ended well");
  });

  test("fails for an unknown package, but not in check mode, where an earlier task may make it known", async () => {
    const host = hostWith(new Set(), { exitCode: 100, stderr: "E: Unable to locate package rsyn\n" });
    await expect(runModule(apt, { name: "rsyn" }, host)).rejects.toThrow("Unable to locate package rsyn");
    const change = await apt.check({ name: "rsyn" }, host.reader(), fakeContext({ checkMode: true }));
    expect(change?.summary).toBe("install rsyn");
  });

  test("says that it needs Debian", async () => {
    const host = new FakeHost({ commands: [{ argv: ["dpkg-query"], answer: { exitCode: 127 } }] });
    await expect(runModule(apt, { name: "rsync" }, host)).rejects.toThrow("apt needs Debian");
  });

  test.each([
    {},
    { name: "" },
    { name: [] },
    { name: "-y" },
    { name: "a b" },
    { name: "rsync", state: "installed" },
    { name: "rsync", pkg: "x" },
  ])("its schema refuses %j", (args) => expect(refuses(apt, args)).toBeDefined());
});
