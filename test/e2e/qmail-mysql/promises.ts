import { afterAll, beforeAll, expect, test } from "vitest";
import type { LabHost } from "../../../src/lab/lab.ts";
import { type BootedLab, changesIn } from "../module-lab.ts";

/** What the role qmail promises of the tables of the MySQL patches. */
export function qmailMysql(booted: () => BootedLab): void {
  const run = (stage: string) => booted().run("qmail-mysql", stage);
  const hosts = () => booted().lab.hosts;
  beforeAll(() => hosts().old.run(["mysql"], { stdin: makeTables }));
  afterAll(async () => {
    for (const host of [hosts().old, hosts().new])
      await host.run([
        "mysql",
        "-e",
        "DROP DATABASE IF EXISTS qmail; DROP DATABASE IF EXISTS mailferry_qmail",
      ]);
  });
  const original = {
    mailbox: ["alice /mail/alice 2001 2001"],
    alias: ["info example.org alice ", "list example.org list lists.example.com"],
    virtual: ["example.net net", "example.org org"],
    rcpthosts: ["example.org", "old.example.org"],
  };

  test("they are copied; twice changes nothing", async () => {
    await run("copy");
    expect(await tables(hosts().new)).toEqual(original);
    expect(changesIn(await run("copy"))).toEqual([0]);
  });

  test("the freeze copies what changed, and hands over in the one order that refuses no mail; twice changes nothing", async () => {
    await hosts().old.run(["mysql", "qmail", "-e", "INSERT INTO rcpthosts VALUES ('late.example.org')"]);
    original.rcpthosts = ["example.org", "late.example.org", "old.example.org"];
    await run("freeze");
    expect(await tables(hosts().new)).toEqual(original);
    const frozen = {
      ...original,
      alias: ["info example.org alice mail-new.example.org", "list example.org list lists.example.com"],
      virtual: [],
      rcpthosts: ["example.net", ...original.rcpthosts],
    };
    expect(await tables(hosts().old)).toEqual(frozen);
    expect(changesIn(await run("freeze"))).toEqual([0]);
    expect(await tables(hosts().new)).toEqual(original);
  });

  test("the way back puts them back; twice changes nothing", async () => {
    await run("thaw");
    // What old delivers itself may stand in its rcpthosts.
    const back = { ...original, rcpthosts: ["example.net", ...original.rcpthosts] };
    expect(await tables(hosts().old)).toEqual(back);
    expect(changesIn(await run("thaw"))).toEqual([0]);
    await run("freeze");
    expect((await tables(hosts().old)).virtual).toEqual([]);
    expect(await tables(hosts().new)).toEqual(back);
    await run("thaw");
    expect(await tables(hosts().old)).toEqual(back);
  });
}

const names = ["mailbox", "alias", "virtual", "rcpthosts"];

/** Each table's rows as lines, sorted. */
async function tables(host: LabHost): Promise<Record<string, string[]>> {
  const rowsOf = async (table: string) => {
    const rows = await host.run(["mysql", "-N", "qmail", "-e", `SELECT * FROM \`${table}\``]);
    return rows === "" ? [] : rows.replace(/\n$/, "").replaceAll("\t", " ").split("\n").sort();
  };
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await rowsOf(name)])));
}

/** The columns that the guide names; the engine is the one of those days. */
const makeTables = `
  CREATE DATABASE qmail;
  USE qmail;
  CREATE TABLE mailbox (username VARCHAR(64), home VARCHAR(255), uid INT, gid INT) ENGINE=MyISAM;
  CREATE TABLE alias (username VARCHAR(64), host VARCHAR(128), alias_username VARCHAR(64), alias_host VARCHAR(128)) ENGINE=MyISAM;
  CREATE TABLE \`virtual\` (virtual_host VARCHAR(128), username VARCHAR(64)) ENGINE=MyISAM;
  CREATE TABLE rcpthosts (host VARCHAR(128)) ENGINE=MyISAM;
  INSERT INTO mailbox VALUES ('alice', '/mail/alice', 2001, 2001);
  INSERT INTO alias VALUES ('info', 'example.org', 'alice', ''), ('list', 'example.org', 'list', 'lists.example.com');
  INSERT INTO \`virtual\` VALUES ('example.net', 'net'), ('example.org', 'org');
  INSERT INTO rcpthosts VALUES ('example.org'), ('old.example.org');`;
