import { describe, expect, test } from "vitest";
import { packageFacts } from "./package-facts.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

const told = [
  "postfix\tinstalled\t3.10.5-1\tamd64",
  "libc6\tinstalled\t2.41-12\tamd64",
  "libc6\tinstalled\t2.41-12\ti386",
  "gone\tconfig-files\t1.0\tamd64",
  "",
].join("\n");

describe("package_facts", () => {
  test("finds out what is installed, by name", async () => {
    const host = new FakeHost({ commands: [{ argv: ["dpkg-query", "--show"], answer: told }] });
    const { result, facts } = await lookWith(packageFacts, {}, host);
    const packages = {
      postfix: [{ name: "postfix", version: "3.10.5-1", arch: "amd64", source: "apt" }],
      libc6: [
        { name: "libc6", version: "2.41-12", arch: "amd64", source: "apt" },
        { name: "libc6", version: "2.41-12", arch: "i386", source: "apt" },
      ],
    };
    expect(result).toEqual({ packages });
    expect(facts).toEqual({ packages });
  });

  test("fails where there is no dpkg", async () => {
    const host = new FakeHost({ commands: [{ argv: ["dpkg-query"], answer: { exitCode: 127 } }] });
    await expect(lookWith(packageFacts, {}, host)).rejects.toThrow("no dpkg");
  });

  test.each([{ manager: "rpm" }, { name: "x" }])("its schema refuses %j", (args) =>
    expect(refuses(packageFacts, args)).toBeDefined(),
  );
});
