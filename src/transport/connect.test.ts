import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { HostSpec } from "../contract/connection.ts";
import type { HostWriter } from "../contract/host.ts";
import { Secret } from "../contract/secret.ts";
import { createConnect } from "./connect.ts";
import {
  AuthenticationFailed,
  ConnectionRefused,
  HostKeyChanged,
  HostKeyRevoked,
  HostKeyUnknown,
  KeyFileUnusable,
  NameUnresolved,
} from "./errors.ts";
import { makeKey, type PrivateHost, publicKey, startPrivateHost, until } from "./testing/private-host.ts";

const connect = createConnect({ environment: { PATH: "/usr/bin:/bin" }, homeDirectory: "/nonexistent" });

// Real processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let host: PrivateHost;
let strangeKey: string;

beforeAll(async () => {
  host = await startPrivateHost();
  strangeKey = makeKey(host.directory, "strange", "ed25519");
});

afterAll(() => host.stop());

async function open<T>(spec: HostSpec, use: (writer: HostWriter) => Promise<T>): Promise<T> {
  const connection = await connect(spec, new AbortController().signal);
  try {
    return await use(await connection.as());
  } finally {
    await connection.close();
  }
}

async function failureOf(spec: HostSpec): Promise<unknown> {
  return open(spec, async () => undefined).catch((error: unknown) => error);
}

/** A known_hosts file with these lines. */
function knowing(...lines: string[]): Partial<HostSpec> {
  const knownHostsFile = join(host.directory, `known_hosts_${Math.random()}`);
  writeFileSync(knownHostsFile, lines.map((line) => `${line}\n`).join(""));
  return { knownHostsFile };
}

function name(): string {
  return `[127.0.0.1]:${host.port}`;
}

test("connects and gathers facts", async () => {
  const facts = await open(host.spec(), async (writer) => writer.facts);
  expect(facts).toMatchObject({ user: "root", uid: 0, distribution: "debian" });
  expect(Math.abs(facts.clock_skew)).toBeLessThan(5);
  expect(facts.interfaces).toContain("lo");
  expect(facts.interface_details.lo).toMatchObject({ ipv4: { address: "127.0.0.1", netmask: "255.0.0.0" } });
  expect(facts.mounts.map(({ mount }) => mount)).toContain("/");
  expect(facts.memory_free_bytes).toBeGreaterThan(0);
});

describe("the host's key", () => {
  test("that is unknown stops, shows its fingerprint and how to trust it", async () => {
    const failure = await failureOf(host.spec(knowing()));
    expect(failure).toBeInstanceOf(HostKeyUnknown);
    expect(failure).toMatchObject({
      kind: "bad-input",
      fingerprint: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/),
      next: expect.stringContaining(`ssh-keyscan -t ed25519 -p ${host.port} 127.0.0.1 >>`),
    });
  });

  test("that is another than the known one stops, and says where the known one stands", async () => {
    const spec = host.spec(knowing("# comment", `${name()} ${publicKey(strangeKey)}`));
    const failure = await failureOf(spec);
    expect(failure).toBeInstanceOf(HostKeyChanged);
    expect(failure).toMatchObject({
      kind: "bad-input",
      message: expect.stringContaining(`${spec.knownHostsFile}:2`),
    });
  });

  test("that is revoked stops, though it is known", async () => {
    const spec = host.spec(
      knowing(`${name()} ${host.hostKeys.ed25519}`, `@revoked * ${host.hostKeys.ed25519}`),
    );
    expect(await failureOf(spec)).toBeInstanceOf(HostKeyRevoked);
  });

  test("that only an authority vouches for stops, and says so", async () => {
    const failure = await failureOf(host.spec(knowing(`@cert-authority * ${publicKey(strangeKey)}`)));
    expect(failure).toBeInstanceOf(HostKeyUnknown);
    expect((failure as Error).message).toContain("certificate authority");
  });

  test("of the type that is known is asked for", async () => {
    const spec = host.spec(knowing(`${name()} ${host.hostKeys.rsa}`));
    expect(await open(spec, async (writer) => writer.facts.user)).toBe("root");
  });

  test("of RSA alone is not enough for a host before OpenSSH 7.2, whose ECDSA key helps", async () => {
    const jessie = await startPrivateHost({ config: "HostKeyAlgorithms ssh-rsa" });
    try {
      const known = knowing(`[127.0.0.1]:${jessie.port} ${jessie.hostKeys.rsa}`);
      const failure = await failureOf(jessie.spec(known));
      expect(failure).toBeInstanceOf(HostKeyUnknown);
      expect((failure as HostKeyUnknown).next).toMatch(/SHA-1 alone.*\n.*\n.*ssh-keyscan -t ecdsa -p/);
    } finally {
      await jessie.stop();
    }
  });

  test("is not trusted for its name under another port", async () => {
    expect(await failureOf(host.spec(knowing(`127.0.0.1 ${host.hostKeys.ed25519}`)))).toBeInstanceOf(
      HostKeyUnknown,
    );
  });
});

describe("logging in", () => {
  test("with a key the host does not take fails, and names what was tried", async () => {
    const failure = await failureOf(host.spec({ keyFile: strangeKey }));
    expect(failure).toBeInstanceOf(AuthenticationFailed);
    expect((failure as Error).message).toContain(strangeKey);
    expect((failure as Error).message).toContain("it accepts publickey");
  });

  test.each(["rsa", "ecdsa"])("takes a key of type %s", async (type) => {
    const keyFile = makeKey(host.directory, `user_${type}`, type);
    writeFileSync(
      join(host.directory, "authorized_keys"),
      `${publicKey(host.keyFile)}\n${publicKey(keyFile)}\n`,
    );
    expect(await open(host.spec({ keyFile }), async (writer) => writer.facts.user)).toBe("root");
  });

  test("with an encrypted key wants the passphrase", async () => {
    const keyFile = makeKey(host.directory, "encrypted", "ed25519", "open sesame");
    writeFileSync(
      join(host.directory, "authorized_keys"),
      `${publicKey(host.keyFile)}\n${publicKey(keyFile)}\n`,
    );
    expect((await failureOf(host.spec({ keyFile }))) as Error).toMatchObject({
      kind: "bad-input",
      message: expect.stringContaining("encrypted"),
    });
    const wrong = host.spec({ keyFile, keyPassphrase: new Secret("sesame") });
    expect(((await failureOf(wrong)) as Error).message).toContain("passphrase");
    const right = host.spec({ keyFile, keyPassphrase: new Secret("open sesame") });
    expect(await open(right, async (writer) => writer.facts.user)).toBe("root");
  });

  test("with the agent's keys works, and with an agent that is gone says so", async () => {
    const socket = join(host.directory, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      await until(() => existsSync(socket));
      execFileSync("ssh-add", ["-q", host.keyFile], { env: { SSH_AUTH_SOCK: socket }, stdio: "ignore" });
      const withAgent = createConnect({
        environment: { PATH: "/usr/bin:/bin", SSH_AUTH_SOCK: socket },
        homeDirectory: "/nonexistent",
      });
      const { keyFile: _, ...spec } = host.spec();
      const connection = await withAgent(spec, new AbortController().signal);
      expect((await connection.as()).facts.user).toBe("root");
      await connection.close();
      agent.kill();
      await until(() => !existsSync(socket));
      await expect(withAgent(spec, new AbortController().signal)).rejects.toThrow(
        /agent at .* does not answer/,
      );
    } finally {
      agent.kill();
    }
  });

  test("with a key file that can't be used says why", async () => {
    const open = join(host.directory, "open_key");
    writeFileSync(open, "");
    const files: [string, string, RegExp][] = [
      ["readable", "-----BEGIN OPENSSH PRIVATE KEY-----\n", /mode 0644/],
      ["putty", "PuTTY-User-Key-File-2: ssh-rsa\n", /PuTTY/],
      ["garbage", "nothing\n", /no private key/],
    ];
    for (const [file, content, message] of files) {
      const keyFile = join(host.directory, file);
      writeFileSync(keyFile, content);
      chmodSync(keyFile, file === "readable" ? 0o644 : 0o600);
      const failure = await failureOf(host.spec({ keyFile }));
      expect(failure).toBeInstanceOf(KeyFileUnusable);
      expect((failure as Error).message).toMatch(message);
    }
    expect(((await failureOf(host.spec({ keyFile: `${host.keyFile}.pub` }))) as Error).message).toMatch(
      /public key/,
    );
    expect(((await failureOf(host.spec({ keyFile: "/nowhere" }))) as Error).message).toMatch(/ENOENT/);
  });
});

describe("the way to the host", () => {
  test("with nothing listening is told as refused", async () => {
    expect(await failureOf(host.spec({ port: 1 }))).toBeInstanceOf(ConnectionRefused);
  });

  test("with a name that does not resolve says so", async () => {
    expect(await failureOf(host.spec({ address: "no-such-host.invalid" }))).toBeInstanceOf(NameUnresolved);
  });

  test("that is given up ends at once", async () => {
    const given = new AbortController();
    given.abort();
    await expect(connect(host.spec(), given.signal)).rejects.toMatchObject({ kind: "interrupted" });
  });

  test("goes through a jump host, whose key and the host's own are both verified", async () => {
    const target = await startPrivateHost();
    try {
      const jump = `root@127.0.0.1:${host.port}`;
      const both = knowing(
        `${name()} ${host.hostKeys.ed25519}`,
        `[127.0.0.1]:${target.port} ${target.hostKeys.ed25519}`,
      );
      // The jump host takes the target's key too.
      const keys = join(host.directory, "authorized_keys");
      writeFileSync(keys, `${publicKey(host.keyFile)}\n${publicKey(target.keyFile)}\n`);
      const came = await open(target.spec({ jump, ...both }), (writer) =>
        writer.probe(["sh", "-c", "echo $SSH_CONNECTION"]),
      );
      expect(came.stdout.toString()).toContain(`127.0.0.1 ${target.port}`);
      const onlyJump = knowing(`${name()} ${host.hostKeys.ed25519}`);
      expect(await failureOf(target.spec({ jump, ...onlyJump }))).toBeInstanceOf(HostKeyUnknown);
      const onlyTarget = knowing(`[127.0.0.1]:${target.port} ${target.hostKeys.ed25519}`);
      const failure = await failureOf(target.spec({ jump, ...onlyTarget }));
      expect(failure).toBeInstanceOf(HostKeyUnknown);
      expect((failure as Error).message).toContain("jump host");
    } finally {
      await target.stop();
    }
  });

  test("in a circle of jump hosts is refused", async () => {
    const config = join(host.directory, "ssh_config");
    writeFileSync(config, "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n");
    const failure = await failureOf(host.spec({ address: "a", sshConfigFile: config }));
    expect(failure).toMatchObject({ kind: "bad-input", message: expect.stringContaining("circle") });
  });

  test("is taken from ssh_config", async () => {
    const config = join(host.directory, "ssh_config_full");
    const lines = [
      "Host mail",
      "  HostName 127.0.0.1",
      `  Port ${host.port}`,
      "  User root",
      `  IdentityFile ${host.keyFile}`,
      `  UserKnownHostsFile ${host.knownHostsFile}`,
    ];
    writeFileSync(config, `${lines.join("\n")}\n`);
    const spec: HostSpec = { name: "mail", connection: "ssh", address: "mail", sshConfigFile: config };
    expect(await open(spec, async (writer) => writer.facts.user)).toBe("root");
  });
});
