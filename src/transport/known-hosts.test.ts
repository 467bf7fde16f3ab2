import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lookUpKnownKeys, parseFoundKeys } from "./find-known-keys.ts";
import { algorithmsFor, fingerprint, judgeHostKey, keyType, knownHostName } from "./known-hosts.ts";
import { parseKnownNames } from "./known-names.ts";
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
  return judgeHostKey(blob(shown), await lookUpKnownKeys(openSsh)(name, [join(directory, "missing"), file]));
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

describe("a file of plain names", () => {
  const neverAsked = () => Promise.reject(new Error("a process was started"));

  test("is read without a process, each name in whatever case", async () => {
    const file = join(directory, "plain");
    writeFileSync(file, `# of a scan\n\nHost,[192.0.2.1]:2222 ${one} a comment\nother ${two}\nhost ${two}\n`);
    const find = lookUpKnownKeys(neverAsked);
    const under = async (name: string) =>
      (await find(name, [file])).keys.map(({ line, blob, marker }) => ({ line, blob, marker }));
    const first = { line: 3, blob: blob(one), marker: "none" };
    expect(await under("host")).toEqual([first, { line: 5, blob: blob(two), marker: "none" }]);
    expect(await under("[192.0.2.1]:2222")).toEqual([first]);
    expect(await under("[192.0.2.1]:22")).toEqual([]);
    expect(await under("hos")).toEqual([]);
  });

  test("is read anew when it was written", async () => {
    const file = join(directory, "rewritten");
    writeFileSync(file, `host ${one}\n`);
    const find = lookUpKnownKeys(neverAsked);
    expect((await find("host", [file])).keys).toHaveLength(1);
    writeFileSync(file, `host ${one}\nhost ${two}\n`);
    expect((await find("host", [file])).keys).toHaveLength(2);
  });

  test.each(["*.example.org", "|1|c2FsdA==|aGFzaA==", "@revoked host", "!host,x", "host?"])(
    "is left to ssh-keygen with %s in it",
    (names) => {
      expect(parseKnownNames(`host ${one}\n${names} ${two}\n`, "file")).toBeUndefined();
    },
  );

  test("says the same as ssh-keygen", async () => {
    const file = join(directory, "same");
    writeFileSync(file, `a.example.org,192.0.2.7 ${one}\n[a.example.org]:2222 ${two}\n`);
    for (const name of ["a.example.org", "[a.example.org]:2222", "192.0.2.7", "example.org"]) {
      const { stdout } = await openSsh("ssh-keygen", ["-F", name, "-f", file]);
      expect((await lookUpKnownKeys(neverAsked)(name, [file])).keys).toEqual(parseFoundKeys(stdout, file));
    }
  });
});

test("algorithmsFor asks only for types that are known", async () => {
  const file = join(directory, "types");
  writeFileSync(file, `host ${one}\n@revoked host ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\n`);
  expect(algorithmsFor(await lookUpKnownKeys(openSsh)("host", [file]))).toEqual(["ssh-ed25519"]);
});

test("fingerprint and keyType are those of ssh-keygen", () => {
  const printed = execFileSync("ssh-keygen", ["-lf", join(directory, "one.pub")], { encoding: "utf8" });
  expect(printed).toContain(fingerprint(blob(one)));
  expect(keyType(blob(one))).toBe("ssh-ed25519");
});
