import { describe, expect, test } from "vitest";
import { packageModule } from "./package.ts";
import { type FakeCommand, FakeHost } from "./testing/fake-host.ts";
import { refuses, registeredBy, runModule } from "./testing/run-module.ts";

/** dpkg and apt of a host whose packages are `installed`. */
function packagesOf(installed: Set<string>): FakeCommand[] {
  return [
    {
      argv: ["dpkg-query"],
      answer: ({ argv }) => {
        const asked = argv.slice(argv.indexOf("--") + 1).filter((name) => installed.has(name));
        return asked.map((name) => `${name}\tinstalled\t1.0\n`).join("");
      },
    },
    { argv: ["apt-get", "--simulate"], answer: ({ argv }) => `Inst ${argv.at(-1)} (1.0)\n` },
    {
      argv: ["apt-get"],
      answer: ({ argv }) => {
        installed.add(argv.at(-1) ?? "");
        return "";
      },
    },
  ];
}

describe("package", () => {
  test("installs by apt, and then has nothing left to do", async () => {
    const installed = new Set(["postfix"]);
    const host = new FakeHost({ commands: packagesOf(installed) });
    const args = { name: ["postfix", "rsync"], state: "present" } as const;
    const ran = await runModule(packageModule, args, host);
    const { change, left } = ran;
    expect(change?.summary).toBe("install rsync");
    const packages = ["postfix", "rsync"].map((name) => ({ name, version: "1.0" }));
    expect(await registeredBy(packageModule, args, host, ran)).toMatchObject({ packages });
    expect(await registeredBy(packageModule, args, host)).toMatchObject({ packages });
    expect(left).toBeUndefined();
    expect(installed).toEqual(new Set(["postfix", "rsync"]));
  });

  test.each([
    { name: "rsync" },
    { name: "rsync", state: "installed" },
    { name: "rsync", state: "present", use: "dnf" },
    { name: "--purge", state: "absent" },
    { name: "rsync", state: "present", update_cache: true },
  ])("its schema refuses %j", (args) => expect(refuses(packageModule, args)).toBeDefined());
});
