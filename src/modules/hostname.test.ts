import { describe, expect, test } from "vitest";
import { hostname } from "./hostname.ts";
import { FakeHost, type FakeHostOptions } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

/** A host that goes by a name, and by another at its next boot. */
function named(now: string, atBoot: string, options: FakeHostOptions = {}): FakeHost {
  let name = now;
  const rename = (words: readonly string[]): string => {
    name = words.at(-1) ?? "";
    return "";
  };
  return new FakeHost({
    ...options,
    files: { "/etc/hostname": `${atBoot}\n` },
    commands: [
      { argv: ["uname", "-n"], answer: () => `${name}\n` },
      { argv: ["hostname"], answer: ({ argv }) => rename(argv) },
      {
        argv: ["hostnamectl"],
        answer: ({ argv }, host) => {
          host.tree.put("/etc/hostname", { content: Buffer.from(`${argv.at(-1)}\n`) });
          return rename(argv);
        },
      },
    ],
  });
}

describe("hostname", () => {
  test("asks systemd for the name, once", async () => {
    const host = named("old", "old");
    const { change, left } = await runModule(hostname, { name: "mail.example.org" }, host);
    expect(change).toMatchObject({
      summary: "name the host mail.example.org",
      diff: [{ path: "/etc/hostname", before: "old\n", after: "mail.example.org\n" }],
    });
    expect(host.changesRun()).toEqual(["hostnamectl --no-ask-password set-hostname mail.example.org"]);
    expect(left).toBeUndefined();
  });

  test("writes the file and names the host where systemd does not run", async () => {
    const host = named("old", "old", { facts: { init: "other" } });
    const { left } = await runModule(hostname, { name: "mail" }, host);
    expect(await host.readText("/etc/hostname")).toBe("mail\n");
    expect(host.changesRun()).toEqual(["hostname mail"]);
    expect(left).toBeUndefined();
  });

  test("sees a name that the next boot would lose", async () => {
    expect((await runModule(hostname, { name: "a" }, named("a", "b"))).change?.diff).toHaveLength(1);
    const { change } = await runModule(hostname, { name: "a" }, named("b", "a"));
    expect(change).toBeDefined();
    expect(change?.diff).toBeUndefined();
  });

  test.each([{}, { name: "" }, { name: "a b" }, { name: "-a" }, { name: "a..b" }, { name: "a".repeat(65) }])(
    "its schema refuses %j",
    (args) => expect(refuses(hostname, args)).toBeDefined(),
  );
});
