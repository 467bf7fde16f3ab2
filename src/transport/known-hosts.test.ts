import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  algorithmsFor,
  findKnownKeys,
  fingerprint,
  judgeHostKey,
  keyType,
  knownHostName,
} from "./known-hosts.ts";
import { openSshPrograms } from "./local-program.ts";
import { makeKey, publicKey } from "./testing/private-host.ts";

const openSsh = openSshPrograms({ PATH: "/usr/bin:/bin" });
let directory: string;
let one: string;
let two: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-known-hosts-"));
  one = publicKey(makeKey(directory, "one", "ed25519"));
  two = publicKey(makeKey(directory, "two", "ed25519"));
});

afterAll(() => rmSync(directory, { recursive: true }));

function blob(key: string): Buffer {
  return Buffer.from(key.split(" ")[1] ?? "", "base64");
}

async function judge(shown: string, name: string, lines: string[], hashed = false): Promise<string> {
  const file = join(directory, "known_hosts");
  writeFileSync(file, `${lines.join("\n")}\n`);
  if (hashed) execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" });
  return judgeHostKey(blob(shown), await findKnownKeys(name, [join(directory, "missing"), file], openSsh));
}

test("knownHostName writes names as known_hosts does", () => {
  expect(knownHostName("Mail.Example.ORG", 22)).toBe("mail.example.org");
  expect(knownHostName("2001:DB8::1", 2222)).toBe("[2001:db8::1]:2222");
});

describe("a host's key", () => {
  test("is trusted when its line is there", async () => {
    expect(await judge(one, "host", [`host ${one}`])).toBe("trusted");
  });
  test("is trusted under a hashed name with a port", async () => {
    expect(await judge(one, "[host]:2222", [`[host]:2222 ${one}`, `other ${two}`], true)).toBe("trusted");
  });
  test("is unknown under another port, even when hashed", async () => {
    expect(await judge(one, "host", [`[host]:2222 ${one}`], true)).toBe("unknown");
  });
  test("is unknown when a pattern takes the host out", async () => {
    expect(await judge(one, "x.example.org", [`*.example.org,!x.example.org ${one}`])).toBe("unknown");
  });
  test("is changed when another key of its type is known", async () => {
    expect(await judge(two, "host", [`host ${one}`])).toBe("changed");
  });
  test("is trusted when it is one of several", async () => {
    expect(await judge(two, "host", [`host ${one}`, `host ${two}`])).toBe("trusted");
  });
  test("is revoked whatever else is said", async () => {
    expect(await judge(one, "host", [`host ${one}`, `@revoked * ${one}`])).toBe("revoked");
  });
  test("is unknown when only an authority is named, were it the same key", async () => {
    expect(await judge(one, "host", [`@cert-authority * ${one}`])).toBe("unknown");
  });
});

test("algorithmsFor asks only for types that are known", async () => {
  const file = join(directory, "types");
  writeFileSync(file, `host ${one}\n@revoked host ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\n`);
  expect(algorithmsFor(await findKnownKeys("host", [file], openSsh))).toEqual(["ssh-ed25519"]);
});

test("fingerprint and keyType are those of ssh-keygen", () => {
  const printed = execFileSync("ssh-keygen", ["-lf", join(directory, "one.pub")], { encoding: "utf8" });
  expect(printed).toContain(fingerprint(blob(one)));
  expect(keyType(blob(one))).toBe("ssh-ed25519");
});
