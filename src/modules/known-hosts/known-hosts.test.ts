import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { BadInput } from "../../contract/errors.ts";
import { FakeHost, type FakeHostOptions } from "../testing/fake-host.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import { type KnownHostsArgs, knownHosts } from "./known-hosts.ts";
import { hashedName, isNamed } from "./known-hosts-text.ts";

const ed = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA";
const rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB";
const usual = "/root/.ssh/known_hosts";

const hostWith = (files: FakeHostOptions["files"] = {}) =>
  new FakeHost({
    files: { "/root": { type: "directory" }, ...files },
    commands: [{ argv: ["/bin/sh", "-c"], answer: "root:x:0:0:root:/root:/bin/bash\nroot\n" }],
  });

const textAfter = async (text: string, args: KnownHostsArgs): Promise<string | undefined> => {
  const host = hostWith({ "/k": text });
  expect((await runModule(knownHosts, { path: "/k", ...args }, host)).left).toBeUndefined();
  return host.readText("/k");
};

describe("known_hosts", () => {
  test("makes the user's own file, for its owner alone, and then has nothing left to do", async () => {
    const host = hostWith();
    const args: KnownHostsArgs = { name: "Mail", key: `mail ${ed} host key\n${rsa}\n` };
    const { change, applied, left } = await runModule(knownHosts, args, host);
    const after = `mail ${ed} host key\nmail ${rsa}\n`;
    expect(change).toMatchObject({
      summary: `know mail in ${usual}`,
      diff: [{ path: usual, before: undefined, after }],
    });
    expect(host.changesRun()).toEqual(["mkdir -m 0700 -- /root/.ssh"]);
    expect(await host.stat(usual)).toMatchObject({ mode: "0600" });
    expect(applied?.result).toEqual({ name: "mail", path: usual });
    expect(left).toBeUndefined();
  });

  test.each<[string, string, KnownHostsArgs, string]>([
    [
      "replaces a key of the same type",
      `mail ${rsa}\nmail ${ed}old\n`,
      { name: "mail", key: ed },
      `mail ${rsa}\nmail ${ed}\n`,
    ],
    [
      "leaves a key under other names",
      `mail,192.0.2.1 ${ed}old\n`,
      { name: "mail", key: ed },
      `192.0.2.1 ${ed}old\nmail ${ed}\n`,
    ],
    ["takes a line with several names", `a,mail ${ed}\n`, { name: "mail", key: ed }, `a,mail ${ed}\n`],
    [
      "takes a name with a port",
      "",
      { name: "[mail]:2222", key: `[mail]:2222 ${ed}` },
      `[mail]:2222 ${ed}\n`,
    ],
    [
      "leaves markers and patterns",
      `@revoked mail ${ed}\n* ${ed}x\n`,
      { name: "mail", key: ed },
      `@revoked mail ${ed}\n* ${ed}x\nmail ${ed}\n`,
    ],
    [
      "removes a host",
      `# all\nmail ${ed}\nmail ${rsa}\na,mail,b ${ed}`,
      { name: "mail", state: "absent" },
      `# all\na,b ${ed}\n`,
    ],
    [
      "removes a hashed host",
      `${hashedName("mail")} ${ed}\n${hashedName("a")} ${ed}\n`,
      { name: "mail", state: "absent" },
      "",
    ],
  ])("%s", async (_what, before, args, after) => {
    const text = await textAfter(before, args);
    // A salt is random: of what is hashed only the other host's line is left.
    expect(after === "" ? isNamed(text?.split(" ")[0] ?? "", "a") : text).toBe(after === "" ? true : after);
  });

  test("hashes a name so that ssh-keygen finds it, in place of the one in clear", async () => {
    const directory = await mkdtemp(join(tmpdir(), "mailferry-known-hosts-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "known_hosts");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(directory, "key")]);
    const [type, base64] = execFileSync("ssh-keygen", ["-y", "-f", join(directory, "key")], {
      encoding: "utf8",
    }).split(" ");
    const key = `${type} ${base64?.trim()}`;
    const text = await textAfter(`mail ${key}\n`, { name: "mail", key, hash_host: true });
    expect(text).toMatch(/^\|1\|\S+ ssh-ed25519 \S+\n$/);
    await writeFile(file, text ?? "");
    const found = execFileSync("ssh-keygen", ["-F", "mail", "-f", file], { encoding: "utf8" });
    expect(found).toContain("found: line 1");
  });

  test.each([
    ["nonsense", "no public key"],
    [`other ${ed}`, "is one of other, not of mail"],
    ["# nothing\n", "no key"],
  ])("refuses the key %j", async (key, why) => {
    const run = runModule(knownHosts, { name: "mail", key }, hostWith());
    await expect(run).rejects.toBeInstanceOf(BadInput);
    await expect(run).rejects.toThrow(why);
  });

  test.each([
    { name: "mail" },
    { key: ed },
    { name: "a b", key: ed },
    { name: "a,b", key: ed },
    { name: "*", state: "absent" },
    { name: "mail", key: ed, path: "known_hosts" },
    { name: "mail", key: ed, hash_host: "yes" },
  ])("its schema refuses %j", (args) => expect(refuses(knownHosts, args)).toBeDefined());
});
