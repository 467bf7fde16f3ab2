import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { BadInput } from "../../contract/errors.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost, type FakeHostOptions } from "../testing/fake-host.ts";
import { type FakeWebServer, startWebServer } from "../testing/fake-web-server.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import { type GetUrlArgs, getUrl } from "./get-url.ts";

const content = Buffer.concat([Buffer.from([0, 255, 10]), Buffer.alloc(9 * 1024 * 1024, "x")]);
const hash = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest("hex");
const sum = hash("sha256", content);

/** Hands out a file, lists of checksums, and half a file. */
function start(): Promise<FakeWebServer> {
  return startWebServer(({ path }, response) => {
    if (path === "/a%20b.tgz") response.end(content);
    else if (path === "/sums") response.end(`${"0".repeat(64)}  other\n${sum} *./a%20b.tgz\n`);
    else if (path === "/sum") response.end(`${sum}\n`);
    else if (path === "/half") {
      response.writeHead(200, { "Content-Length": "100" }).write("half");
      setImmediate(() => response.destroy());
    } else response.writeHead(404).end();
  });
}

/** A host whose shell appends to files and knows checksums. */
function hostWith(files: FakeHostOptions["files"] = {}): FakeHost {
  const host = new FakeHost({ files: { "/srv": { type: "directory" }, ...files } });
  host.answer(["/bin/sh", "-c", 'cat >>"$1"'], ({ argv, options }) => {
    const path = argv[4] ?? "";
    const before = host.tree.read(path) ?? Buffer.alloc(0);
    host.tree.change(path, { content: Buffer.concat([before, Buffer.from(options.stdin ?? "")]) });
    return "";
  });
  host.answer(["/bin/sh", "-c"], ({ argv }) => {
    if (!argv[2]?.includes("--reference")) return undefined;
    const { mode = "0644", owner = "root" } = host.tree.entries.get(argv[5] ?? "") ?? {};
    host.tree.change(argv[4] ?? "", { mode, owner });
    return "";
  });
  for (const algorithm of ["md5", "sha256"]) {
    host.answer([`${algorithm}sum`], ({ argv }) => {
      return `${hash(algorithm, host.tree.read(argv[2] ?? "") ?? Buffer.alloc(0))}  ${argv[2]}\n`;
    });
  }
  return host;
}

describe("get_url", () => {
  test("brings a file, then has nothing left to do", async () => {
    const { address, seen } = await start();
    const host = hostWith();
    const args = { url: `${address}/a%20b.tgz`, dest: "/srv/", mode: "640", group: "vmail" };
    const context = fakeContext();
    const { change, applied, left } = await runModule(getUrl, args, host, context);
    expect(change?.summary).toBe(`fetch ${args.url} to /srv/a b.tgz`);
    expect((await host.readFile("/srv/a b.tgz"))?.equals(content)).toBe(true);
    expect(await host.stat("/srv/a b.tgz")).toMatchObject({ mode: "0640", group: "vmail" });
    expect(applied?.result).toEqual({ dest: "/srv/a b.tgz", url: args.url, checksum_dest: sum });
    expect(left).toBeUndefined();
    expect(seen).toHaveLength(1);
    expect(context.progressSeen.at(-1)).toEqual({ doneBytes: content.length, totalBytes: content.length });
    expect(host.tree.under("/srv")).toEqual(["/srv", "/srv/a b.tgz"]);
  });

  test("fetches nothing while it only looks", async () => {
    const { address, seen } = await start();
    const args = { url: `${address}/a%20b.tgz`, dest: "/srv/a" };
    const change = await getUrl.check(args, hostWith().reader(), fakeContext({ checkMode: true }));
    expect(change?.summary).toContain("fetch");
    expect(seen).toEqual([]);
  });

  test("keeps the owner and mode of what it replaces, and a copy of it", async () => {
    const { address } = await start();
    const old = { content: Buffer.from("old"), mode: "0600", owner: "vmail" };
    const host = hostWith({ "/srv/a": old });
    const args = { url: `${address}/a%20b.tgz`, dest: "/srv/a", force: true, backup: true };
    const { applied, left } = await runModule(getUrl, args, host);
    expect(await host.stat("/srv/a")).toMatchObject({ mode: "0600", owner: "vmail" });
    expect(await host.readText(String(applied?.result?.backup_file))).toBe("old");
    expect(left).toBeUndefined();
  });

  test("leaves a file that is there, but sets its mode", async () => {
    const { address, seen } = await start();
    const host = hostWith({ "/srv/a": "old" });
    const args = { url: `${address}/a%20b.tgz`, dest: "/srv/a", mode: "0600" };
    const { change, left } = await runModule(getUrl, args, host);
    expect(change?.summary).toBe("/srv/a: mode 0644 → 0600");
    expect(left).toBeUndefined();
    expect(seen).toEqual([]);
  });

  test.each<[string, (address: string) => string]>([
    ["digits", () => `sha256:${sum.toUpperCase()}`],
    ["another algorithm", () => `md5:${hash("md5", content)}`],
    ["a list", (address) => `sha256:${address}/sums`],
    ["a file with the digits alone", (address) => `sha256:${address}/sum`],
  ])("goes by a checksum: %s", async (_what, checksum) => {
    const { address } = await start();
    const host = hostWith({ "/srv/a": "old" });
    const args = { url: `${address}/a%20b.tgz`, dest: "/srv/a", checksum: checksum(address) };
    const { change, left } = await runModule(getUrl, args, host);
    expect(change).toBeDefined();
    expect(left).toBeUndefined();
  });

  test.each<[string, string, Partial<GetUrlArgs>]>([
    ["another checksum", "a%20b.tgz", { checksum: `sha256:${"0".repeat(64)}` }],
    ["a missing page", "none", { force: true }],
    ["half a file", "half", { force: true }],
    ["a list that doesn't name it", "none", { checksum: "sha256:ADDRESS/sums" }],
  ])("puts nothing in place for %s", async (_what, path, more) => {
    const { address } = await start();
    const host = hostWith({ "/srv/b": "" });
    const checksum = more.checksum?.replace("ADDRESS", address);
    const args = { url: `${address}/${path}`, dest: "/srv/a", ...more, ...(checksum && { checksum }) };
    await expect(runModule(getUrl, args, host)).rejects.toThrow(address);
    expect(host.tree.under("/srv")).toEqual(["/srv", "/srv/b"]);
  });

  test.each<Partial<GetUrlArgs>>([
    { checksum: "crc:00" },
    { checksum: "sha256:abc" },
    { url: "http://127.0.0.1/", dest: "/srv" },
    { url: "http://127.0.0.1/%2e%2e", dest: "/srv" },
  ])("refuses %j", async (words) => {
    const run = runModule(getUrl, { url: "http://127.0.0.1/a", dest: "/srv/a", ...words }, hostWith());
    await expect(run).rejects.toBeInstanceOf(BadInput);
  });

  test("refuses what is no file", async () => {
    const host = hostWith({ "/srv/a": { type: "other" } });
    const run = runModule(getUrl, { url: "http://127.0.0.1/a", dest: "/srv/a" }, host);
    await expect(run).rejects.toThrow("is no file");
  });

  test.each([
    { url: "http://a/b" },
    { url: "a/b", dest: "/a" },
    { url: "http://a/b", dest: "a" },
    { url: "http://a/b", dest: "/a", sha256sum: "0" },
  ])("its schema refuses %j", (args) => expect(refuses(getUrl, args)).toBeDefined());
});
