import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSshPrograms, type RunOpenSsh } from "./local-program.ts";
import { shareSettings, tellsHostsApart } from "./ssh-settings.ts";

const programs = openSshPrograms({ PATH: "/usr/bin:/bin" });
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-ssh-settings-"));
  mkdirSync(join(directory, "included"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Settings for a configuration, and how often ssh was asked. */
function settingsWith(text: string, now?: () => number) {
  const file = join(directory, "config");
  writeFileSync(file, text);
  let asked = 0;
  const counting: RunOpenSsh = (program, argv) => {
    asked += 1;
    return programs(program, argv);
  };
  const settingsOf = shareSettings(counting, now);
  return { ask: (address: string, port?: number) => settingsOf({ address, port }, file), asked: () => asked };
}

test("hosts that the configuration does not tell apart cost one question", async () => {
  const { ask, asked } = settingsWith("Include included/*\nHost *\n  User anna\n  IdentityFile /keys/one\n");
  const all = await Promise.all([
    ask("One.example.org", 2201),
    ask("192.0.2.2", 2202),
    ask("2001:db8::3", 2203),
  ]);
  expect(asked()).toBe(1);
  expect(all.map(({ hostName, port }) => [hostName, port])).toEqual([
    ["one.example.org", 2201],
    ["192.0.2.2", 2202],
    ["2001:db8::3", 2203],
  ]);
  for (const { user, identityFiles } of all) expect([user, identityFiles]).toEqual(["anna", ["/keys/one"]]);
});

test("a destination without a port gets that of the configuration", async () => {
  const { ask } = settingsWith("Port 2222\n");
  await ask("one", 2201);
  expect((await ask("two")).port).toBe(2222);
  expect((await ask("three")).port).toBe(2222);
});

test.each([
  ["a block for some hosts", "Host two\n  User other\nHost *\n  User anna\n"],
  ["a match", "Match originalhost two\n  User other\nMatch all\n  User anna\n"],
  ["an included block", `Include ${"DIRECTORY"}/included/*\nUser anna\n`],
])("each host is asked for where %s tells them apart", async (_what, text) => {
  writeFileSync(join(directory, "included", "one.conf"), "Host two\n  User other\n");
  const { ask, asked } = settingsWith(text.replace("DIRECTORY", directory));
  expect((await ask("one")).user).toBe("anna");
  expect((await ask("two")).user).toBe("other");
  expect((await ask("three")).user).toBe("anna");
  expect(asked()).toBe(3);
});

test("a configuration is asked for anew after a while", async () => {
  let now = 0;
  const { ask } = settingsWith("User anna\n", () => now);
  expect((await ask("one")).user).toBe("anna");
  writeFileSync(join(directory, "config"), "User berta\n");
  now = 60_000;
  expect((await ask("two")).user).toBe("berta");
});

test("a configuration that ssh refuses is told for each host, with what is wrong alone", async () => {
  const { ask } = settingsWith("NoSuchWord yes\n");
  for (const address of ["one", "two"]) {
    const { message } = await ask(address).then(
      () => new Error("accepted"),
      (error: Error) => error,
    );
    expect(message).toMatch(`ssh can't make sense of ${address}: `);
    expect(message).toMatch(/bad configuration option: nosuchword/i);
    expect(message).not.toMatch(/OpenSSH|debug/);
  }
});

describe("tellsHostsApart", () => {
  test.each(["Host *", 'host "*"', "HOST=*", "# Host one", "", "  User anna", "Host * # all of them"])(
    "%j is for all",
    (line) => expect(tellsHostsApart(`${line}\n`)).toBe(false),
  );
  test.each([
    "Host one",
    "host=one",
    "Host * !one",
    "Match all",
    "IdentityFile ~/.ssh/%h",
    "CanonicalizeHostname yes",
    "  ProxyCommand nc %h %p",
  ])("%j may not be", (line) => expect(tellsHostsApart(`User anna\n${line}\n`)).toBe(true));
});
