import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { HostConnection } from "../contract/connection.ts";
import { CommandFailed } from "../contract/errors.ts";
import type { HostWriter } from "../contract/host.ts";
import { commandScript, tellFunction } from "./command-script.ts";
import { createConnect } from "./connect.ts";
import { writing } from "./files.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** The scripts are the same over ssh; here they run on this machine, which is a host of its own kind. */
let connection: HostConnection;
let host: HostWriter;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "mailferry-files-"));
  const connect = createConnect({ environment: { PATH: "/usr/bin:/bin" }, homeDirectory: directory });
  const spec = { name: "control", connection: "local", address: "127.0.0.1" } as const;
  connection = await connect(spec, new AbortController().signal);
  host = await connection.as();
});

afterAll(async () => {
  await connection.close();
  rmSync(directory, { recursive: true });
});

async function shell(script: string): Promise<string> {
  return (await host.run(["sh", "-c", script], { directory })).stdout.toString("utf8");
}

function here(name: string): string {
  return `${directory}/${name}`;
}

describe("stat", () => {
  test("tells a file, a directory, a link and what is neither", async () => {
    await shell(
      "printf 12345 >file; chmod 4640 file; touch -d @1700000000 file; mkdir dir; ln -s 'to nowhere' link; mkfifo pipe",
    );
    expect(await host.stat(here("file"))).toEqual({
      path: here("file"),
      type: "file",
      sizeBytes: 5,
      mode: "4640",
      uid: 0,
      gid: 0,
      owner: "root",
      group: "root",
      modifiedAt: 1_700_000_000,
    });
    expect(await host.stat(here("dir"))).toMatchObject({ type: "directory" });
    expect(await host.stat(here("link"))).toMatchObject({ type: "link", target: "to nowhere" });
    expect(await host.stat(here("pipe"))).toMatchObject({ type: "other" });
  });

  test("finds nothing where nothing is, and takes odd names", async () => {
    expect(await host.stat(here("missing"))).toBeUndefined();
    expect(await host.stat(here("file/below"))).toBeUndefined();
    for (const name of ["-n", "a b", "new\nline", "it's", "No such file or directory"]) {
      await host.writeFile(here(name), name);
      expect(await host.stat(here(name))).toMatchObject({ type: "file" });
      expect(await host.readText(here(name))).toBe(name);
    }
  });
});

describe("reading", () => {
  test("gives the bytes, and undefined only where there is no file", async () => {
    await shell("printf '\\377\\000\\n' >bytes");
    expect(await host.readFile(here("bytes"))).toEqual(Buffer.from([0xff, 0, 10]));
    expect(await host.readFile(here("missing"))).toBeUndefined();
    await expect(host.readFile(directory)).rejects.toBeInstanceOf(CommandFailed);
    await expect(host.readText(here("bytes"))).rejects.toThrow(/not UTF-8/);
  });

  test("keeps a byte order mark and an empty file", async () => {
    await host.writeFile(here("mark"), "\ufeffx");
    expect(await host.readText(here("mark"))).toBe("\ufeffx");
    await host.writeFile(here("empty"), "");
    expect(await host.readText(here("empty"))).toBe("");
  });
});

describe("writing", () => {
  test("makes a file with 0644 or the mode asked for", async () => {
    await host.writeFile(here("new"), "é\n");
    expect(await host.stat(here("new"))).toMatchObject({ mode: "0644", owner: "root" });
    await host.writeFile(here("secret"), "x", { mode: "0600", owner: "nobody", group: "nogroup" });
    expect(await host.stat(here("secret"))).toMatchObject({
      mode: "0600",
      owner: "nobody",
      group: "nogroup",
    });
  });

  test("keeps mode and owner of a file that is there, whoever writes", async () => {
    await shell("printf old >kept; chown nobody:nogroup kept; chmod 2750 kept");
    await host.writeFile(here("kept"), "new");
    expect(await host.stat(here("kept"))).toMatchObject({ mode: "2750", owner: "nobody", group: "nogroup" });
    await host.writeFile(here("kept"), "new", { mode: "0600" });
    expect(await host.stat(here("kept"))).toMatchObject({ mode: "0600", owner: "nobody" });
    await host.writeFile(here("kept"), "new", { owner: "root" });
    expect(await host.stat(here("kept"))).toMatchObject({ mode: "0600", owner: "root", group: "nogroup" });
  });

  test("goes through a link to the file itself", async () => {
    await shell("mkdir -p far; printf old >far/real; ln -s far/real way");
    await host.writeFile(here("way"), "new");
    expect(await host.stat(here("way"))).toMatchObject({ type: "link" });
    expect(await host.readText(here("far/real"))).toBe("new");
  });

  test("refuses a directory, a missing directory and a mode that is none, and leaves nothing behind", async () => {
    await expect(host.writeFile(directory, "x")).rejects.toThrow(/is a directory/);
    await expect(host.writeFile(here("none/x"), "x")).rejects.toBeInstanceOf(CommandFailed);
    await expect(host.writeFile(here("x"), "x", { mode: "644" })).rejects.toMatchObject({
      kind: "bad-input",
    });
    await expect(host.writeFile(here("x"), "x", { owner: "no-such-user" })).rejects.toBeInstanceOf(
      CommandFailed,
    );
    expect(await host.stat(here("x"))).toBeUndefined();
    expect(await shell("ls -A | grep -c mailferry || :")).toBe("0\n");
  });

  /** Has a shell write 2,000 bytes over `old`, and then do what comes behind them on its input. */
  function writeOver(name: string, before: string, input: string): { stdout: string; stderr: string } {
    writeFileSync(here(name), "old");
    const script = commandScript(
      writing(here(name), 2000, {}),
      {},
      { end: "end:", shell: "kept", inputBytes: 2000 },
    );
    return spawnSync("/bin/sh", ["-c", `${tellFunction}; ${before}${script}cat`], {
      input,
      encoding: "utf8",
    });
  }

  test.each([
    ["was cut short", "", "x".repeat(1999), "cut short"],
    ["does not fit", "ulimit -f 1; ", `${"x".repeat(2000)}next`, ""],
  ])("leaves the file as it was when the content %s", (_what, before, input, said) => {
    const { stdout, stderr } = writeOver("whole", before, input);
    expect(stdout).toMatch(/^end:[1-9]/);
    expect(stderr).toContain(said);
    expect(readFileSync(here("whole"), "utf8")).toBe("old");
    expect(readdirSync(directory).filter((name) => name.startsWith(".mailferry"))).toEqual([]);
  });

  test("reads its content and nothing that comes behind it", async () => {
    expect(writeOver("exact", "", `${"x".repeat(2000)}next`).stdout).toBe("end:0\nnext");
    expect(readFileSync(here("exact"), "utf8")).toBe("x".repeat(2000));
    await expect(host.writeFile(here("none/x"), "true\n".repeat(300))).rejects.toThrow();
    expect(await shell("echo in step")).toBe("in step\n");
  });

  test("takes large content", async () => {
    const large = Buffer.alloc(3_000_000, "0123456789");
    await host.writeFile(here("large"), large);
    // Compared here, because the test runner would look at every byte by itself.
    expect((await host.readFile(here("large")))?.equals(large)).toBe(true);
  });
});

test("this machine can be left: no tunnel is needed, and a closed connection refuses", async () => {
  expect(await host.openTunnel("127.0.0.1", 25)).toMatchObject({ host: "127.0.0.1", port: 25 });
  const spec = { name: "control", connection: "local", address: "127.0.0.1" } as const;
  const connect = createConnect({ environment: { PATH: "/usr/bin:/bin" }, homeDirectory: directory });
  const other = await connect(spec, new AbortController().signal);
  const writer = await other.as();
  await other.close();
  await expect(writer.run(["true"])).rejects.toMatchObject({ kind: "interrupted" });
});
