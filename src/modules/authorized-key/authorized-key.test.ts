import { describe, expect, test } from "vitest";
import { BadInput, Refused } from "../../contract/errors.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost, type FakeHostOptions } from "../testing/fake-host.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import { type AuthorizedKeyArgs, authorizedKey } from "./authorized-key.ts";

const one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA1";
const two = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB2==";
const file = "/home/vmail/.ssh/authorized_keys";
const own = { owner: "vmail", group: "vmail" };
const directory = { type: "directory", mode: "0700", ...own } as const;

const hostWith = (files: FakeHostOptions["files"] = {}) =>
  new FakeHost({
    files: { "/home/vmail": { type: "directory", ...own }, ...files },
    commands: [
      {
        argv: ["/bin/sh", "-c"],
        answer: ({ argv }) =>
          argv.at(-1) === "vmail" ? "vmail:x:5000:5000:x:/home/vmail:/bin/sh\nvmail\n" : "",
      },
    ],
  });

const textAfter = async (text: string, args: Partial<AuthorizedKeyArgs>): Promise<string | undefined> => {
  const content = Buffer.from(text);
  const host = hostWith({ "/home/vmail/.ssh": directory, [file]: { content, mode: "0600", ...own } });
  const run = await runModule(authorizedKey, { user: "vmail", key: one, ...args }, host);
  expect(run.left).toBeUndefined();
  return host.readText(file);
};

describe("authorized_key", () => {
  test("makes directory and file as sshd wants them, once", async () => {
    const host = hostWith();
    const args: AuthorizedKeyArgs = { user: "vmail", key: `${one} anna@home\n# another\n${two}\n` };
    const { change, applied, left } = await runModule(authorizedKey, args, host);
    const after = `${one} anna@home\n${two}\n`;
    expect(change).toMatchObject({
      summary: `keys present in ${file}`,
      diff: [{ path: file, before: undefined, after }],
    });
    expect(await host.stat("/home/vmail/.ssh")).toMatchObject({ ...directory });
    expect(await host.stat(file)).toMatchObject({ mode: "0600", ...own });
    expect(applied?.result).toEqual({ user: "vmail", keyfile: file });
    expect(left).toBeUndefined();
  });

  test.each<[string, string, Partial<AuthorizedKeyArgs>, string]>([
    ["adds at the end", `# mine\n${two}`, {}, `# mine\n${two}\n${one}\n`],
    ["leaves what is so", `${one}  \n`, {}, `${one}  \n`],
    ["changes a comment", `${one} old\n${two}\n`, { key: `${one} new` }, `${one} new\n${two}\n`],
    ["gives a comment", "", { comment: "by us" }, `${one} by us\n`],
    [
      "gives options",
      `${one}\n`,
      { key_options: 'command="a b",restrict' },
      `command="a b",restrict ${one}\n`,
    ],
    ["takes options away", `${String.raw`command="a \"b c\"" ${one}`}\n`, {}, `${one}\n`],
    ["keeps options of the key", "", { key: `restrict ${one} x` }, `restrict ${one} x\n`],
    ["leaves one of two equal", `${one}\n${one}\n`, {}, `${one}\n`],
    ["leaves no other", `# mine\n${two} x\nrestrict ${two}\n`, { exclusive: true }, `# mine\n${one}\n`],
    ["removes a key", `restrict ${one} x\n${two}\n`, { state: "absent" }, `${two}\n`],
  ])("%s", async (_what, before, args, after) => {
    expect(await textAfter(before, args)).toBe(after);
  });

  test("sets rights right, without a word about keys", async () => {
    const content = Buffer.from(`${one}\n`);
    const host = hostWith({
      "/home/vmail/.ssh": { ...directory, mode: "0755" },
      [file]: { content, mode: "0644" },
    });
    const { change, left } = await runModule(authorizedKey, { user: "vmail", key: one }, host);
    expect(change).toMatchObject({ summary: `rights in ${file}`, diff: undefined });
    expect(await host.stat(file)).toMatchObject({ mode: "0600", ...own });
    expect(left).toBeUndefined();
  });

  test("takes a file of the system, and leaves its directory alone", async () => {
    const host = hostWith({ "/etc/ssh/keys": { type: "directory" } });
    const args: AuthorizedKeyArgs = {
      user: "vmail",
      key: one,
      path: "/etc/ssh/keys/vmail",
      manage_dir: false,
    };
    expect((await runModule(authorizedKey, args, host)).left).toBeUndefined();
    expect(await host.stat("/etc/ssh/keys/vmail")).toMatchObject({ mode: "0644", owner: "root" });
    expect(host.changesRun()).toEqual([]);
  });

  test("has nothing to remove where there is no file", async () => {
    const args: AuthorizedKeyArgs = { user: "vmail", key: one, state: "absent" };
    expect((await runModule(authorizedKey, args, hostWith())).change).toBeUndefined();
    const gone = await runModule(authorizedKey, { ...args, user: "anna" }, hostWith());
    expect(gone.change).toBeUndefined();
  });

  test("refuses a link, unless it shall be followed", async () => {
    const links = () =>
      hostWith({
        "/home/vmail/.ssh": directory,
        [file]: { type: "link", target: "/etc/shadow" },
        "/etc/shadow": "",
      });
    const args: AuthorizedKeyArgs = { user: "vmail", key: one };
    await expect(runModule(authorizedKey, args, links())).rejects.toBeInstanceOf(Refused);
    const host = links();
    await runModule(authorizedKey, { ...args, follow: true, manage_dir: false }, host);
    expect(await host.readText("/etc/shadow")).toBe(`${one}\n`);
  });

  test("wants its user to be there, but for check mode", async () => {
    const args: AuthorizedKeyArgs = { user: "anna", key: one };
    await expect(runModule(authorizedKey, args, hostWith())).rejects.toThrow("no user anna");
    const change = await authorizedKey.check(args, hostWith().reader(), fakeContext({ checkMode: true }));
    expect(change?.path).toBe("/home/anna/.ssh/authorized_keys");
  });

  test.each([
    ["nonsense", "is no public key"],
    ["https://example.org/anna.keys", "is no public key"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----\ngeheim", "this is a private key"],
    ["# none\n", "is no public key"],
  ])("refuses the key %j", async (key, why) => {
    const run = runModule(authorizedKey, { user: "vmail", key }, hostWith());
    await expect(run).rejects.toBeInstanceOf(BadInput);
    await expect(run).rejects.toThrow(why);
  });

  test.each([
    { user: "vmail" },
    { key: one },
    { user: "../x", key: one },
    { user: "vmail", key: one, path: ".ssh/x" },
    { user: "vmail", key: one, comment: "a\nb" },
    { user: "vmail", key: one, state: "absent", exclusive: true },
    { user: "vmail", key: one, validate_certs: true },
  ])("its schema refuses %j", (args) => expect(refuses(authorizedKey, args)).toBeDefined());
});
