import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { HostConnection, JobHost } from "../contract/connection.ts";
import type { HostWriter } from "../contract/host.ts";
import { createConnect } from "./connect.ts";
import { type PrivateHost, type Relay, startPrivateHost, startRelay, until } from "./testing/private-host.ts";

// Real processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const connect = createConnect({ environment: { PATH: "/usr/bin:/bin" }, homeDirectory: "/nonexistent" });
const signal = new AbortController().signal;

let machine: PrivateHost;
let relay: Relay;
let connection: HostConnection;
let host: HostWriter & JobHost;

beforeAll(async () => {
  machine = await startPrivateHost({ prepare: "useradd -m -s /bin/sh -p '*' plain" });
  relay = await startRelay(machine.port);
  connection = await connect(machine.spec(), signal);
  host = await connection.as();
});

afterAll(async () => {
  await connection.close();
  await relay.stop();
  await machine.stop();
});

function throughRelay(): Promise<HostConnection> {
  const knownHostsFile = join(machine.directory, "known_hosts_relay");
  writeFileSync(knownHostsFile, `[127.0.0.1]:${relay.port} ${machine.hostKeys.ed25519}\n`);
  return connect(machine.spec({ port: relay.port, knownHostsFile }), signal);
}

/** A job that writes a line, waits until `/root/NAME.go` is there, and writes another. */
function gated(name: string): { readonly name: string; readonly argv: readonly string[] } {
  const script = `echo begun >>/root/${name}.runs; echo first; while [ ! -e /root/${name}.go ]; do sleep 0.05; done; echo last; exit 7`;
  return { name, argv: ["sh", "-c", script] };
}

async function letGo(name: string): Promise<void> {
  await host.run(["touch", `/root/${name}.go`]);
}

test("runJob runs a command with its input, environment and exit code, and forgets it", async () => {
  const lines: string[] = [];
  const script = 'cat; printf "$A\\r$HOME\\n"; pwd; echo why >&2; exit 4';
  const result = await host.runJob({
    name: "demo job/1",
    argv: ["sh", "-c", script],
    stdin: Buffer.from("in é\n"),
    environment: { A: "b c" },
    accept: [4],
    onLine: (line) => lines.push(line),
  });
  expect(lines).toEqual(["in é", "b c", "/root", "/"]);
  expect(result).toEqual({
    exitCode: 4,
    stdout: Buffer.from("in é\nb c\r/root\n/\n"),
    stderr: Buffer.from("why\n"),
  });
  expect(await host.listJobs("")).toEqual([]);
  await expect(
    host.runJob({ name: "demo", argv: ["sh", "-c", "echo no >&2; exit 4"] }),
  ).rejects.toMatchObject({
    exitCode: 4,
    stderr: "no",
  });
});

describe("a job", () => {
  test("runs once, however often it is started, and any controller can follow it", async () => {
    const other = await connect(machine.spec(), signal);
    const second = await other.as();
    await Promise.all([host.startJob("twice", gated("twice")), second.startJob("twice", gated("twice"))]);
    const both = [host.followJob("twice", {}), second.followJob("twice", {})];
    await letGo("twice");
    for (const result of await Promise.all(both)) {
      expect(result).toMatchObject({ exitCode: 7, stdout: Buffer.from("first\nlast\n") });
    }
    await host.startJob("twice", gated("twice"));
    expect(await host.readText("/root/twice.runs")).toBe("begun\n");
    await host.removeJob("twice");
    await other.close();
  });

  test("goes on while the link is cut, and is followed on without a line lost or doubled", async () => {
    const cut = await throughRelay();
    const writer = await cut.as();
    const lines: string[] = [];
    await writer.startJob("cut", gated("cut"));
    const following = writer.followJob("cut", { onLine: (line) => lines.push(line) });
    await until(() => lines.length === 1);
    relay.shut();
    await letGo("cut");
    await until(async () => (await host.stat("/var/lib/mailferry/jobs/cut/exit")) !== undefined);
    relay.open();
    expect(await following).toMatchObject({ exitCode: 7 });
    expect(lines).toEqual(["first", "last"]);
    await cut.close();
  });

  test("is given up after the patience, and left as it is", async () => {
    const cut = await throughRelay();
    const writer = await cut.as();
    await writer.startJob("patience", gated("patience"));
    relay.shut();
    await expect(writer.followJob("patience", { patienceMs: 600 })).rejects.toMatchObject({
      kind: "unreachable",
    });
    relay.open();
    await letGo("patience");
    expect(await writer.followJob("patience", {})).toMatchObject({ exitCode: 7 });
    await cut.close();
  });

  test("stays when its follower gives up", async () => {
    const caller = new AbortController();
    const lines: string[] = [];
    await host.startJob("left", gated("left"));
    const following = host.followJob("left", { signal: caller.signal, onLine: (line) => lines.push(line) });
    await until(() => lines.length === 1);
    caller.abort();
    await expect(following).rejects.toMatchObject({ kind: "interrupted" });
    await letGo("left");
    expect(await host.followJob("left", {})).toMatchObject({ exitCode: 7 });
  });

  test("is ended with all it started when it is cancelled", async () => {
    const script = "sleep 311 & echo ready; sleep 312";
    const lines: string[] = [];
    await host.startJob("cancel", { name: "cancel", argv: ["sh", "-c", script] });
    const following = host.followJob("cancel", { onLine: (line) => lines.push(line) });
    await until(() => lines.length === 1);
    await host.cancelJob("cancel");
    expect(await following).toMatchObject({ exitCode: 143 });
    const left = await host.probe(
      ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 31[12]'"],
      { accept: "any" },
    );
    expect(left.stdout.toString()).toBe("0\n");
    await host.cancelJob("cancel");
    await host.removeJob("cancel");
  });

  test.each(["stdout", "stderr"])("whose %s has no end is ended before it fills the disk", async (where) => {
    // A file with a hole takes no room here.
    const script = `sleep 1000 & echo $! >/root/endless.pid; truncate -s 1025M /dev/${where}; wait`;
    await host.startJob("endless", { name: "endless", argv: ["sh", "-c", script] });
    await expect(host.followJob("endless", { onLine: () => {} })).rejects.toMatchObject({
      message: expect.stringContaining("wrote more than 1 GiB of output"),
      host: expect.any(String),
    });
    const left = await host.probe(["sh", "-c", "cat /proc/$(cat /root/endless.pid)/cmdline"], {
      accept: "any",
    });
    expect(left.stdout.toString()).not.toContain("sleep");
    await host.removeJob("endless");
  });

  test("whose process is gone without an exit code is told as such, never as done", async () => {
    await host.startJob("lost", gated("lost"));
    const following = host.followJob("lost", {});
    following.catch(() => {});
    await host.run([
      "sh",
      "-c",
      "read -r pid rest </var/lib/mailferry/jobs/lost/begun; kill -s KILL -- -$pid",
    ]);
    await expect(following).rejects.toMatchObject({
      message: expect.stringContaining("without an exit code"),
    });
  });

  test("that was cut off before it began is begun by whoever follows it", async () => {
    await host.startJob("late", gated("late"));
    await host.cancelJob("late");
    // As it is when the starter's link went between the job's directory and its launch.
    await host.run([
      "rm",
      "-f",
      ...["begun", "exit", "cancelled"].map((name) => `/var/lib/mailferry/jobs/late/${name}`),
    ]);
    await host.writeFile("/var/lib/mailferry/jobs/late/stdin", "");
    await letGo("late");
    expect(await host.followJob("late", {})).toMatchObject({ exitCode: 7 });
  });

  test("holds a lock until it has told how it ended, and nothing that it leaves behind does", async () => {
    const held = ["flock", "-n", "-s", "-E", "9", "/var/lib/mailferry/jobs/lock/begun", "true"];
    const { name, argv } = gated("lock");
    const leaving = `sleep 313 & echo $! >/root/lock.pid; ${argv.at(-1)}`;
    await host.startJob("lock", { name, argv: ["sh", "-c", leaving] });
    expect((await host.run(held, { accept: "any" })).exitCode).toBe(9);
    await letGo("lock");
    await until(async () => (await host.run(held, { accept: "any" })).exitCode === 0);
    expect(await host.readText("/var/lib/mailferry/jobs/lock/exit")).toBe("7\n");
    await host.run(["sh", "-c", "kill $(cat /root/lock.pid)"]);
    await host.removeJob("lock");
  });

  test("of a user without root lives in the home directory", async () => {
    const login = await connect(machine.spec({ user: "plain" }), signal);
    const writer = await login.as();
    await writer.startJob("own", { name: "own", argv: ["id", "-un"] });
    expect((await writer.followJob("own", {}))?.stdout.toString()).toBe("plain\n");
    expect(await writer.listJobs("o")).toEqual(["own"]);
    expect(await writer.stat("/home/plain/.local/state/mailferry/jobs/own")).toMatchObject({ mode: "0700" });
    await login.close();
  });
});

test("a job can be looked at without waiting for it", async () => {
  expect(await host.lookAtJob("looked-1")).toBeUndefined();
  await host.startJob("looked-1", gated("looked"));
  expect(await host.lookAtJob("looked-1")).toEqual({ isRunning: true });
  await host.run(["touch", "/root/looked.go"]);
  await host.followJob("looked-1", {});
  expect(await host.lookAtJob("looked-1")).toMatchObject({ isRunning: false, result: { exitCode: 7 } });
  await host.removeJob("looked-1");
});

test("a job that has told its exit code is forgotten while its script still lives", async () => {
  await host.startJob("lingers", gated("lingers"));
  await host.run(["sh", "-c", "echo 0 >/var/lib/mailferry/jobs/lingers/exit"]);
  expect(await host.followJob("lingers", {})).toMatchObject({ exitCode: 0 });
  await host.removeJob("lingers");
  expect(await host.listJobs("lingers")).toEqual([]);
  await letGo("lingers");
});

test("jobs are listed by prefix, and forgotten only when they have ended", async () => {
  await host.startJob("list-1", gated("list-1"));
  await host.startJob("list-2", { name: "x", argv: ["true"] });
  expect([...(await host.listJobs("list-"))].sort()).toEqual(["list-1", "list-2"]);
  await expect(host.removeJob("list-1")).rejects.toMatchObject({
    stderr: expect.stringContaining("still runs"),
  });
  await host.cancelJob("list-1");
  await host.removeJob("list-1");
  await host.followJob("list-2", {});
  await host.removeJob("list-2");
  expect(await host.listJobs("list-")).toEqual([]);
  expect(await host.followJob("list-2", {})).toBeUndefined();
  await expect(host.startJob("../etc", { name: "x", argv: ["true"] })).rejects.toMatchObject({
    kind: "bad-input",
  });
});
