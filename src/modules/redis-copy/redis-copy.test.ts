import { readFile } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { Refused } from "../../contract/errors.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { FakeRedis, type FakeRedisOptions } from "../testing/fake-redis.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import { redisCopy } from "./redis-copy.ts";

let old: FakeHost;
let fresh: FakeHost;
let oldRedis: FakeRedis;
let newRedis: FakeRedis;
let context: FakeContext;

const args = { from: "mail-old" };

function setUp(oldOptions: FakeRedisOptions = {}, newOptions: FakeRedisOptions = {}): void {
  old = new FakeHost({ name: "mail-old", facts: { machine_id: "old" } });
  fresh = new FakeHost({ name: "mail-new", facts: { machine_id: "new" } });
  for (const host of [old, fresh]) host.tree.put("/var/lib/mailferry", { type: "directory" });
  oldRedis = new FakeRedis(
    old,
    { db0: { RS_1: "H 1", "soon:greylist": "1" } },
    { version: "6.0.16", ...oldOptions },
  );
  newRedis = new FakeRedis(fresh, {}, newOptions);
  fresh.answer(["rsync"], ({ argv }, at) => {
    const path = argv.at(-1) ?? "";
    at.tree.put(path, { content: old.tree.read(path) ?? Buffer.alloc(0) });
    return "";
  });
  context = fakeContext({ peers: [old] });
}

beforeEach(() => setUp());

const check = (more: object = {}) => redisCopy.check({ ...args, ...more }, fresh.reader(), context);
const copy = (more: object = {}) => runModule(redisCopy, { ...args, ...more }, fresh, context);

describe("redis_copy", () => {
  test("copies all keys, then has nothing left to do", async () => {
    const { change, applied, left } = await copy();
    expect(change?.summary).toBe("copy Redis from mail-old: 2 keys (on new db0 has 0 keys, 1 expected)");
    expect(applied?.result).toMatchObject({ keys: { db0: 2 }, compared: "content" });
    expect(left).toBeUndefined();
    expect(newRedis.keys).toEqual(oldRedis.keys);
    expect(newRedis.jobs).toEqual(["put"]);
    const record = JSON.parse(await readFile((await context.lastRunFile("redis.json")) ?? "", "utf8"));
    expect(record.digests.db0).toMatchObject({ keys: 1, shortLivedKeys: 1 });
  });

  test("never replaces the keys of old", async () => {
    context = fakeContext({ peers: [old], sides: { old: ["mail-new"], new: ["mail-old"] } });
    await expect(copy({ replace_existing: true })).rejects.toThrow("mail-new is the old host");
  });

  test("never stops old, and leaves no dump behind", async () => {
    await copy();
    expect(oldRedis.jobs).toEqual([]);
    for (const host of [old, fresh]) expect(host.tree.under("/var/lib/mailferry/dump-redis")).toEqual([]);
  });

  test("keys that go soon make no difference", async () => {
    await copy();
    oldRedis.keys = { db0: { RS_1: "H 1", "soon:other": "1" } };
    expect(await check()).toBeUndefined();
  });

  test("keeps passwords out of every command line", async () => {
    setUp({ password: "canary-old" }, { password: "canary-new" });
    expect((await copy()).left).toBeUndefined();
    const told = JSON.stringify([old, fresh].flatMap((host) => host.commands.map(({ argv }) => argv)));
    expect(told).not.toContain("canary");
  });

  test("says where a missing password is looked for", async () => {
    setUp({ password: "canary-old" });
    await expect(check({ from_config_file: "/etc/other.conf" })).rejects.toMatchObject({
      message: "Redis on mail-old: NOAUTH Authentication required.",
      next: expect.stringContaining("config_file"),
    });
  });

  test("puts the dump in the place of an append-only file", async () => {
    setUp({}, { appendOnly: true });
    expect((await copy()).left).toBeUndefined();
    const put = fresh.commands.find(({ kind, argv }) => kind === "job" && argv[2]?.includes("each aside"));
    expect(put?.argv.slice(4)).toEqual([
      "redis-server",
      "/var/lib/redis",
      "dump.rdb",
      "a.aof",
      "",
      "/var/lib/mailferry/dump-redis/dump.rdb",
    ]);
  });

  test("gives new its data back when the server does not take the copy", async () => {
    newRedis.keys = { db0: { before: "1" } };
    newRedis.refusesToStart = true;
    await expect(copy()).rejects.toThrow("did not take the copy: db0 holds 0 keys, not 1");
    expect(newRedis.jobs).toEqual(["put", "restore"]);
    expect(newRedis.keys).toEqual({ db0: { before: "1" } });
  });

  test("refuses other databases on new that it did not bring", async () => {
    newRedis.keys = { db5: { shop: "1" } };
    await expect(check()).rejects.toThrow("did not bring: db5 (1 keys)");
    expect((await copy({ replace_existing: true })).left).toBeUndefined();
    expect(newRedis.keys).toEqual(oldRedis.keys);
  });

  test("replaces other databases that it brought itself", async () => {
    oldRedis.keys = { db0: { a: "1" }, db2: { b: "1" } };
    await copy();
    oldRedis.keys = { db0: { a: "2" }, db2: { b: "2" } };
    expect((await copy()).left).toBeUndefined();
    expect(newRedis.keys).toEqual(oldRedis.keys);
  });

  test("after new was opened there is nothing to do, or it is refused", async () => {
    await copy();
    context.latchesSet.add("new-opened");
    expect(await check()).toBeUndefined();
    oldRedis.keys = { db0: { RS_1: "H 2" } };
    await expect(check()).rejects.toThrow("new has been opened");
  });

  test("compares the file alone when old goes on learning meanwhile", async () => {
    old.answer(["cp"], () => {
      old.tree.put("/var/lib/mailferry/dump-redis/dump.rdb", {
        content: old.tree.read("/var/lib/redis/dump.rdb") ?? Buffer.alloc(0),
      });
      oldRedis.keys = { db0: { RS_1: "H 2" } };
      return "";
    });
    const { applied, left } = await copy();
    expect(applied?.result).toMatchObject({ compared: "file" });
    expect(left).toBeDefined();
  });

  test("does not put in place what differs from old", async () => {
    old.answer(["cp"], () => {
      old.tree.put("/var/lib/mailferry/dump-redis/dump.rdb", {
        content: Buffer.from('{"db0":{"RS_1":"H 9"}}'),
      });
      return "";
    });
    await expect(copy()).rejects.toMatchObject({ kind: "proof-failed" });
    expect(newRedis.jobs).toEqual([]);
  });

  test("removes what a broken copy left behind", async () => {
    await copy();
    old.tree.put("/var/lib/mailferry/dump-redis/dump.rdb", {});
    const { change, left } = await copy();
    expect(change?.summary).toContain("/var/lib/mailferry/dump-redis on mail-old");
    expect(left).toBeUndefined();
  });

  test.each([
    [
      "an empty database",
      () => {
        oldRedis.keys = { db1: { a: "1" } };
      },
      "holds no key in database 0",
    ],
    ["a newer Redis on old", () => setUp({ version: "8.2.0" }, { version: "7.0.15" }), "too old to read"],
  ])("refuses %s", async (_what, spoil, message) => {
    spoil();
    const refused = check();
    await expect(refused).rejects.toBeInstanceOf(Refused);
    await expect(refused).rejects.toThrow(message);
  });

  test("fails with a way out when Redis is down", async () => {
    newRedis.isRunning = false;
    await expect(check()).rejects.toMatchObject({ next: expect.stringContaining("systemctl start") });
  });

  test.each([
    {},
    { ...args, service: "a b" },
    { ...args, database: -1 },
    { ...args, port: 0 },
    { ...args, aof: true },
  ])("refuses the arguments %j", (wrong) => {
    expect(refuses(redisCopy, wrong)).toBeDefined();
  });
});
