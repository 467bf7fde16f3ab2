import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mailDatabase } from "./mail-database.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "mailferry-lookups-"));
  program("postconf", "");
  program("doveconf", "");
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

describe("mail_database", () => {
  test("reads Postfix's maps and the files of Dovecot 2.3, and no password", async () => {
    write("domains.cf", "user = mail\npassword = canary\nhosts = 127.0.0.1\ndbname = mailserver\n");
    write(
      "dovecot-sql.conf",
      "driver = mysql\nconnect = host=127.0.0.1 \\\n  password=canary dbname=mailserver\n",
    );
    program("postconf", `virtual_mailbox_domains = proxy:mysql:${place}/domains.cf, hash:/etc/x`);
    program("doveconf", `passdb {\n  args = ${place}/dovecot-sql.conf\n  driver = sql\n}`);
    const { result, seen } = await look();
    expect(result).toEqual({
      kind: "mariadb",
      database: "mailserver",
      lookups: [
        { kind: "mariadb", name: "mailserver", file: `${place}/domains.cf` },
        { kind: "mariadb", name: "mailserver", file: `${place}/dovecot-sql.conf` },
      ],
    });
    expect(seen).not.toContain("canary");
  });

  test("knows PostgreSQL, and SQLite by its file", async () => {
    write("users.cf", "dbpath = /srv/mail/users.db\n");
    program("postconf", `virtual_mailbox_maps = sqlite:${place}/users.cf`);
    expect((await look()).result).toMatchObject({ kind: "sqlite", database: "/srv/mail/users.db" });
    write("users.cf", "dbname = mails\n");
    program("postconf", `virtual_mailbox_maps = pgsql:${place}/users.cf`);
    expect((await look()).result).toMatchObject({ kind: "postgresql", database: "mails" });
  });

  test("reads the blocks of Dovecot 2.4", async () => {
    program("doveconf", "sql_driver = pgsql\npgsql localhost {\n  parameters {\n    dbname = mails\n  }\n}");
    expect((await look()).result).toMatchObject({ kind: "postgresql", database: "mails" });
    program("doveconf", "sql_driver = sqlite\nsqlite_path = /srv/users.db");
    expect((await look()).result).toMatchObject({ kind: "sqlite", database: "/srv/users.db" });
  });

  test("says nothing where nobody asks a database, and takes no arguments", async () => {
    expect((await look()).result).toEqual({ kind: "", database: "", lookups: [] });
    expect(refuses(mailDatabase, { path: "/etc" })).toBeDefined();
  });
});

function write(name: string, text: string): void {
  writeFileSync(join(place, name), text);
}

/** A program that prints a text. */
function program(name: string, text: string): void {
  write(`${name}.out`, `${text}\n`);
  write(name, `#!/bin/sh\ncat '${join(place, name)}.out'\n`);
  chmodSync(join(place, name), 0o755);
}

/** Lets the module's script run for real, with the programs of this test first. */
async function look() {
  let seen = "";
  const host = new FakeHost();
  host.answer(["sh", "-c"], ({ argv: [, ...words] }) => {
    seen = execFileSync("sh", words, {
      encoding: "utf8",
      env: { ...process.env, PATH: `${place}:${process.env.PATH}` },
    });
    return seen;
  });
  const { result } = await lookWith(mailDatabase, {}, host);
  return { result, seen };
}
