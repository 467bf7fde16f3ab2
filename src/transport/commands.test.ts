import { writeFileSync } from "node:fs";
import { connect as dial } from "node:net";
import { join } from "node:path";
import { memoryUsage } from "node:process";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { HostConnection, JobHost } from "../contract/connection.ts";
import { CommandFailed, OutcomeUnknown } from "../contract/errors.ts";
import type { HostWriter } from "../contract/host.ts";
import { Secret } from "../contract/secret.ts";
import { createConnect } from "./connect.ts";
import { BecomeFailed, CommandTimedOut, OutputTooLong } from "./errors.ts";
import { type PrivateHost, type Relay, startPrivateHost, startRelay, until } from "./testing/private-host.ts";

const connect = createConnect({ environment: { PATH: "/usr/bin:/bin" }, homeDirectory: "/nonexistent" });
const signal = new AbortController().signal;

// Real processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** Users of all kinds. The talking one's .bashrc prints, reads and leaves rubbish behind. */
const prepare = `
for user in talker loner helper trusted; do useradd -m -s /bin/bash -p '*' $user; done
echo 'helper:let me in' | chpasswd
printf '%s\\n' 'echo WELCOME; echo noise >&2; read -t 0 x; alias ls=false' 'cd /tmp; export LC_ALL=nonsense' >/home/talker/.bashrc
useradd -m -p '*' -s "$(command -v fish || echo /bin/sh)" fisher
useradd -m -s /bin/bash -p '*' counted
echo 'echo one more >>~/logins' >/home/counted/.bashrc
mkdir -p /etc/sudoers.d
printf '%s\\n' 'helper ALL=(ALL) ALL' 'trusted,counted ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/tests
chmod 0440 /etc/sudoers.d/tests
`;

let machine: PrivateHost;
let relay: Relay;
let connection: HostConnection;
let host: HostWriter & JobHost;

beforeAll(async () => {
  machine = await startPrivateHost({ prepare });
  relay = await startRelay(machine.port);
  connection = await connect(machine.spec(), signal);
  host = await connection.as();
});

afterAll(async () => {
  await connection.close();
  await relay.stop();
  await machine.stop();
});

/** A connection through the relay, which can be cut. */
function throughRelay(): Promise<HostConnection> {
  const knownHostsFile = join(machine.directory, "known_hosts_relay");
  writeFileSync(knownHostsFile, `[127.0.0.1]:${relay.port} ${machine.hostKeys.ed25519}\n`);
  return connect(machine.spec({ port: relay.port, knownHostsFile }), signal);
}

/** The first bytes that come from a port of this machine. */
function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = dial(port, "127.0.0.1");
    socket.once("data", (bytes) => {
      resolve(bytes.toString("latin1"));
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed without a word")));
  });
}

function text(result: { readonly stdout: Buffer }): string {
  return result.stdout.toString("utf8");
}

describe("a command's words and output", () => {
  test("pass unchanged, whatever they hold", async () => {
    const words = ["a b", "it's", '"', "$(id)", "\\", "a\nb", "", "-n", "é", "*", "~", "!"];
    const { stdout } = await host.run(["printf", "%s\\0", ...words]);
    expect(stdout.toString("utf8").split("\0").slice(0, -1)).toEqual(words);
  });

  test("are bytes: nothing is decoded, trimmed or cut", async () => {
    const script = "printf '\\377\\000\\303'; sleep 0.05; printf '\\251\\n\\n'; printf 'e\\377' >&2";
    for (const call of [host.run, host.probe]) {
      const result = await call(["sh", "-c", script]);
      expect(result.stdout).toEqual(Buffer.from([0xff, 0, 0xc3, 0xa9, 10, 10]));
      expect(result.stderr).toEqual(Buffer.from([0x65, 0xff]));
    }
  });

  test("keep to their command, one after the other and all at once", async () => {
    for (let number = 0; number < 20; number += 1) {
      expect(text(await host.run(["echo", String(number)]))).toBe(`${number}\n`);
    }
    const numbers = [...Array(20).keys()];
    const results = await Promise.all(
      numbers.map((number) => host.run(["sh", "-c", `sleep 0.1; echo ${number}`])),
    );
    expect(results.map(text)).toEqual(numbers.map((number) => `${number}\n`));
  });

  test("reach a program, never a builtin or an alias of the shell", async () => {
    await expect(host.run(["cd", "/"])).rejects.toMatchObject({ exitCode: 127 });
  });

  test("are capped when collected", async () => {
    await expect(host.run(["head", "-c", "20000000", "/dev/zero"])).rejects.toBeInstanceOf(OutputTooLong);
    expect(text(await host.run(["echo", "still there"]))).toBe("still there\n");
  });

  test("of any length can be streamed", async () => {
    let bytes = 0;
    let most = 0;
    const before = memoryUsage().rss;
    await host.run(["head", "-c", "300000000", "/dev/zero"], {
      onStdout: (chunk) => {
        bytes += chunk.length;
        most = Math.max(most, memoryUsage().rss - before);
      },
    });
    expect(bytes).toBe(300_000_000);
    expect(most).toBeLessThan(150_000_000);
  });

  test("whose taker fails end the command, with the taker's error", async () => {
    const onStdout = (): void => {
      throw new Error("no more");
    };
    await expect(host.run(["yes"], { onStdout })).rejects.toThrow("no more");
  });

  test("of a process left behind do not reach the next command", async () => {
    expect(text(await host.run(["sh", "-c", "(sleep 0.5; echo late; echo late >&2) & echo now"]))).toBe(
      "now\n",
    );
    for (let number = 0; number < 5; number += 1) {
      const result = await host.run(["sh", "-c", "sleep 0.2; echo mine"]);
      expect([text(result), result.stderr.toString()]).toEqual(["mine\n", ""]);
    }
  });

  test("of a process left behind do not reach the next command, whichever output it holds", async () => {
    for (const held of [">/dev/null", "2>/dev/null", ""]) {
      const speak = "while :; do echo late; echo late >&2; sleep 0.05; done";
      await host.run(["sh", "-c", `(${speak}) ${held} & echo $! >/root/left`]);
      for (let number = 0; number < 3; number += 1) {
        const result = await host.run(["sh", "-c", "sleep 0.1; echo mine"]);
        expect([text(result), result.stderr.toString()]).toEqual(["mine\n", ""]);
        expect((await host.probe(["echo", "mine"])).stderr.toString()).toBe("");
      }
      await host.run(["sh", "-c", "kill $(cat /root/left)"], { accept: "any" });
    }
  });
});

describe("what keeps the outputs apart", () => {
  /** The processes of the host's relays. */
  async function relays(): Promise<string[]> {
    const processes = "grep -l -a '^cat./proc/self/fd/' /proc/[0-9]*/cmdline";
    return text(await host.probe(["sh", "-c", processes], { accept: "any" })).split("\n");
  }

  async function requireGone(before: readonly string[]): Promise<void> {
    await until(async () => (await relays()).every((one) => before.includes(one)));
  }

  test("serves many commands, and is gone when the connection is closed", async () => {
    const before = await relays();
    const other = await connect(machine.spec(), signal);
    const writer = await other.as();
    for (let number = 0; number < 150; number += 1) {
      const result = await writer.run(["sh", "-c", "echo $0; echo $0 >&2", String(number)]);
      expect([text(result), result.stderr.toString()]).toEqual([`${number}\n`, `${number}\n`]);
    }
    expect((await relays()).filter((one) => !before.includes(one)).length).toBeGreaterThan(0);
    await other.close();
    await requireGone(before);
  });

  test("is gone when a command left a process behind, and when one was ended", async () => {
    const before = await relays();
    const other = await connect(machine.spec(), signal);
    const writer = await other.as();
    await writer.run(["sh", "-c", "sleep 0.5 & echo now"]);
    const slow = writer.run(["sleep", "304"], { timeoutMs: 300 });
    await expect(slow).rejects.toBeInstanceOf(CommandTimedOut);
    await other.close();
    await requireGone(before);
  });

  test("is gone when the connection is closed under a probe", async () => {
    const before = await relays();
    const other = await connect(machine.spec(), signal);
    const writer = await other.as();
    await writer.run(["true"]);
    const probing = writer.probe(["sh", "-c", "echo >/root/probing; sleep 0.5"]);
    probing.catch(() => {});
    await until(async () => (await host.stat("/root/probing")) !== undefined);
    await other.close();
    await expect(probing).rejects.toMatchObject({ kind: "interrupted" });
    await requireGone(before);
  });

  test("does not hold up a command that goes on writing when the link is gone", async () => {
    const before = await relays();
    const cut = await throughRelay();
    const writer = await cut.as();
    const script = "echo $$ >/root/chatty; while :; do echo a line of many; done";
    const running = writer.run(["sh", "-c", script], { onStdout: () => {} });
    await until(async () => (await host.stat("/root/chatty")) !== undefined);
    relay.cut();
    await expect(running).rejects.toBeInstanceOf(OutcomeUnknown);
    const isThere = ["sh", "-c", "kill -s 0 $(cat /root/chatty)"];
    await until(async () => (await host.probe(isThere, { accept: "any" })).exitCode !== 0);
    await cut.close();
    await requireGone(before);
  });

  test("is not handed to the command", async () => {
    const open = 'for n in 3 4 5 6 7 8 9; do [ ! -e "/proc/$$/fd/$n" ] || echo "$n"; done';
    for (const call of [host.run, host.probe]) {
      expect(text(await call(["sh", "-c", open]))).toBe("");
      expect(text(await call(["sh", "-c", open], { stdin: "input" }))).toBe("");
    }
  });
});

describe("a command", () => {
  test("gets its input, and an empty one without", async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 46, 10]);
    expect((await host.run(["cat"], { stdin: bytes })).stdout).toEqual(bytes);
    expect((await host.run(["cat"])).stdout.length).toBe(0);
    expect(text(await host.run(["wc", "-c"], { stdin: Buffer.alloc(3_000_000) }))).toBe("3000000\n");
  });

  test("that leaves input unread does not have it run by the shell", async () => {
    const result = await host.run(["head", "-c", "1"], { stdin: "x\necho ran >&2\n".repeat(1000) });
    expect([text(result), result.stderr.toString()]).toEqual(["x", ""]);
  });

  test("fails with its exit code, unless the code is accepted", async () => {
    const argv = ["sh", "-c", "echo why >&2; exit 3"];
    await expect(host.run(argv)).rejects.toMatchObject({ exitCode: 3, stderr: "why", host: "host" });
    await expect(host.run(argv)).rejects.toBeInstanceOf(CommandFailed);
    expect((await host.run(argv, { accept: [0, 3] })).exitCode).toBe(3);
    expect((await host.run(["sh", "-c", "kill -9 $$"], { accept: "any" })).exitCode).toBe(137);
    expect((await host.run(["no-such-program"], { accept: "any" })).exitCode).toBe(127);
  });

  test("starts in its directory or not at all", async () => {
    expect(text(await host.run(["pwd"], { directory: "/etc" }))).toBe("/etc\n");
    await expect(host.run(["touch", "/root/astray"], { directory: "/nowhere" })).rejects.toBeInstanceOf(
      CommandFailed,
    );
    expect(await host.stat("/root/astray")).toBeUndefined();
  });

  test("gets its environment, and refuses a name that is none", async () => {
    const environment = { A: "b c$", LC_ALL: "C" };
    expect(text(await host.run(["sh", "-c", 'echo "$A $LC_ALL"'], { environment }))).toBe("b c$ C\n");
    expect(text(await host.run(["sh", "-c", 'echo "$A"']))).toBe("\n");
    await expect(host.run(["true"], { environment: { "A;id": "" } })).rejects.toMatchObject({
      kind: "bad-input",
    });
  });

  test("is ended on the host, with all it started, when it takes too long", async () => {
    const script = "echo $$ >/root/slow; sleep 300 & sleep 301";
    const slow = host.run(["sh", "-c", script], { timeoutMs: 500 });
    await expect(slow).rejects.toBeInstanceOf(CommandTimedOut);
    const left = await host.probe(
      ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 30[01]'"],
      { accept: "any" },
    );
    expect(text(left)).toBe("0\n");
  });

  test("is ended on the host when its caller gives up", async () => {
    const caller = new AbortController();
    const running = host.run(["sh", "-c", "echo begun >/root/begun; sleep 302"], { signal: caller.signal });
    await until(async () => (await host.stat("/root/begun")) !== undefined);
    caller.abort();
    await expect(running).rejects.toMatchObject({ kind: "interrupted" });
    const left = await host.probe(
      ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 30[2]'"],
      { accept: "any" },
    );
    expect(text(left)).toBe("0\n");
  });
});

describe("a link", () => {
  test("carries at most eight commands at once; the others wait", async () => {
    const count = "ls /root/turn | wc -l";
    const script = `mkdir -p /root/turn; touch /root/turn/$$; ${count}; sleep 0.3; rm /root/turn/$$`;
    const results = await Promise.all([...Array(20)].map(() => host.run(["sh", "-c", script])));
    expect(Math.max(...results.map((result) => Number(text(result))))).toBeLessThanOrEqual(8);
  });

  test("leads a tunnel to what the host can reach, and to nothing else once it is closed", async () => {
    const tunnel = await host.openTunnel("127.0.0.1", machine.port);
    expect(await greeting(tunnel.port)).toMatch(/^SSH-2\.0-/);
    const closed = await host.openTunnel("127.0.0.1", 1);
    await expect(greeting(closed.port)).rejects.toThrow();
    await closed.close();
    await tunnel.close();
    await expect(greeting(tunnel.port)).rejects.toThrow(/ECONNREFUSED/);
  });

  test("that is cut while a command runs leaves its outcome unknown, and is made again for the next", async () => {
    const cut = await throughRelay();
    const writer = await cut.as();
    const running = writer.run(["sh", "-c", "echo begun >/root/cut; sleep 1; echo done >/root/cut"]);
    await until(async () => (await host.stat("/root/cut")) !== undefined);
    relay.cut();
    await expect(running).rejects.toBeInstanceOf(OutcomeUnknown);
    expect(text(await writer.run(["echo", "again"]))).toBe("again\n");
    await cut.close();
  });

  test("that is cut while a probe runs has the probe asked again", async () => {
    const cut = await throughRelay();
    const writer = await cut.as();
    const script = "if [ -e /root/asked ]; then echo twice; else touch /root/asked; sleep 5; fi";
    const probing = writer.probe(["sh", "-c", script]);
    await until(async () => (await host.stat("/root/asked")) !== undefined);
    relay.cut();
    expect(text(await probing)).toBe("twice\n");
    await cut.close();
  });

  test("that can't be made again is told as unreachable", async () => {
    const cut = await throughRelay();
    const writer = await cut.as();
    relay.shut();
    await expect(writer.run(["true"])).rejects.toMatchObject({ kind: "unreachable" });
    relay.open();
    expect(text(await writer.run(["echo", "back"]))).toBe("back\n");
    await cut.close();
  });
});

describe("whoever logs in", () => {
  test.each(["talker", "fisher"])("%s gets the same shell", async (user) => {
    const login = await connect(machine.spec({ user }), signal);
    const writer = await login.as();
    const argv = ["sh", "-c", 'echo "$1 $LC_ALL $(id -un)"', "sh", "it's a \\ 'word'"];
    expect(text(await writer.run(argv))).toBe(`it's a \\ 'word' C.UTF-8 ${user}\n`);
    expect((await writer.run(["sh", "-c", "cat; echo e >&2"], { stdin: "in" })).stderr.toString()).toBe(
      "e\n",
    );
    await login.close();
  });

  test("as root becomes another user without sudo", async () => {
    const writer = await connection.as({ user: "loner" });
    expect(writer.facts).toMatchObject({ user: "loner", distribution: "debian" });
    expect(text(await writer.run(["sh", "-c", 'echo "$(id -un) $HOME"']))).toBe("loner /home/loner\n");
  });

  test("with a right to sudo becomes root", async () => {
    const login = await connect(machine.spec({ user: "trusted" }), signal);
    const writer = await login.as({ user: "root" });
    expect(writer.facts.uid).toBe(0);
    expect(text(await writer.run(["cat"], { stdin: "input" }))).toBe("input");
    await writer.writeFile("/etc/by-sudo", "x");
    expect(await host.stat("/etc/by-sudo")).toMatchObject({ owner: "root", mode: "0644" });
    const slow = writer.run(["sleep", "303"], { timeoutMs: 300 });
    await expect(slow).rejects.toBeInstanceOf(CommandTimedOut);
    const left = await host.probe(
      ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 30[3]'"],
      { accept: "any" },
    );
    expect(text(left)).toBe("0\n");
    // A password that sudo does not ask for goes nowhere.
    const unasked = await login.as({ user: "root", password: new Secret("never typed") });
    expect(text(await unasked.run(["cat"], { stdin: "input" }))).toBe("input");
    await login.close();
  });

  test("finds out about the host and about both users through one shell", async () => {
    const login = await connect(machine.spec({ user: "counted" }), signal);
    const facts = await login.facts({ user: "root" });
    const uid = Number(text(await host.probe(["id", "-u", "counted"])));
    expect(facts).toMatchObject({ user: "counted", uid, distribution: "debian" });
    const writer = await login.as({ user: "root" });
    expect(writer.facts).toEqual({ ...facts, user: "root", uid: 0 });
    expect((await login.as()).facts).toEqual(facts);
    expect(await writer.readText("/home/counted/logins")).toBe("one more\n");
    await login.close();
  });

  test("finds out about the host as the one who logs in where the other can't be become", async () => {
    const login = await connect(machine.spec({ user: "loner" }), signal);
    expect(await login.facts({ user: "root" })).toMatchObject({ user: "loner", distribution: "debian" });
    await login.close();
  });

  test("gives sudo its password by its input alone", async () => {
    const login = await connect(machine.spec({ user: "helper" }), signal);
    const writer = await login.as({ user: "root", password: new Secret("let me in") });
    expect(text(await writer.run(["sh", "-c", "id -un; cat"], { stdin: "input" }))).toBe("root\ninput");
    const seen = await host.probe(
      ["sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' ' ' | grep -c 'let m[e] in'"],
      { accept: "any" },
    );
    expect(text(seen)).toBe("0\n");
    await login.close();
  });

  test("is told why sudo says no", async () => {
    const helper = await connect(machine.spec({ user: "helper" }), signal);
    await expect(helper.as({ user: "root" })).rejects.toMatchObject({
      message: expect.stringContaining("wants a password"),
    });
    const wrong = helper.as({ user: "root", password: new Secret("guess") });
    await expect(wrong).rejects.toMatchObject({
      message: expect.stringContaining("did not take the password"),
    });
    await helper.close();
    const loner = await connect(machine.spec({ user: "loner" }), signal);
    await expect(loner.as({ user: "root" })).rejects.toBeInstanceOf(BecomeFailed);
    await loner.close();
  });
});
