import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { LabHost } from "../../../src/lab/lab.ts";
import { type BootedLab, changesIn } from "../module-lab.ts";
import { until } from "../rehearse.ts";

/** A kind of database: how it is asked, and what Postfix's settings say of it. */
interface Kind {
  readonly name: "mariadb" | "postgresql" | "sqlite";
  /** The command that takes SQL on its standard input, and prints rows with nothing around them. */
  sql(database: "try_mail" | "try_webmail", side: "old" | "new"): readonly string[];
  readonly make: readonly string[];
  /** What Postfix looks accounts up in; undefined leaves the guide's settings as they are. */
  settings?(side: "old" | "new"): { readonly driver: string; readonly words: string };
  /** Prints the type of `virtual_users.quota`; SQLite's numbers have all sizes. */
  readonly quotaType?: { readonly query: string; readonly wanted: string };
}

const kinds: readonly Kind[] = [
  {
    name: "mariadb",
    sql: (database) => ["mysql", "-N", database],
    make: ["mysql", "-e", "CREATE DATABASE try_mail; CREATE DATABASE try_webmail"],
    quotaType: {
      query:
        "SELECT data_type FROM information_schema.columns WHERE table_schema = 'try_mail' AND column_name = 'quota'",
      wanted: "bigint",
    },
  },
  {
    name: "postgresql",
    sql: (database) => [
      "sh",
      "-c",
      `cd /; exec runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 ${database}`,
    ],
    make: [
      "sh",
      "-euc",
      "cd /; for name in mail webmail; do runuser -u postgres -- createdb try_$name; done",
    ],
    settings: () => ({ driver: "pgsql", words: "dbname = try_mail" }),
    quotaType: {
      query: "SELECT udt_name FROM information_schema.columns WHERE column_name = 'quota'",
      wanted: "int8",
    },
  },
  {
    name: "sqlite",
    sql: (database, side) => ["sqlite3", "-bail", database === "try_mail" ? mailFile(side) : webmailFile],
    make: ["true"],
    settings: (side) => ({ driver: "sqlite", words: `dbpath = ${mailFile(side)}` }),
  },
];

const webmailFile = "/var/lib/try-mail/webmail.sqlite";
/** Each server has it elsewhere: the role finds both by the settings. */
const mailFile = (side: "old" | "new") => `/var/lib/try-mail/${side}.sqlite`;

/** What the role database promises, whatever kind of database the mail servers ask. */
export function databaseRole(booted: () => BootedLab): void {
  const run = () => booted().run("database-role", "copy");
  const hosts = () => booted().lab.hosts;

  beforeAll(async () => {
    for (const host of booted().hosts()) {
      await host.run(["install", "-d", "/var/lib/try-mail"]);
      await host.run(["systemctl", "start", "postgresql"]);
      const asked = ["sh", "-c", "cd /; runuser -u postgres -- psql -c 'SELECT 1'"];
      await until(async () => (await host.exec(asked)).exitCode === 0);
    }
  });

  describe.each(kinds)("$name", (kind) => {
    test("is found by the settings and copied with the webmail's; steps are made after each import, and twice changes nothing", async () => {
      const { old, new: fresh } = hosts();
      const sql = (host: LabHost, side: "old" | "new", database: "try_mail" | "try_webmail", text: string) =>
        host.run(kind.sql(database, side), { stdin: text });
      await ask(old, kind, "old");
      await ask(fresh, kind, "new");
      for (const [host, side] of [
        [fresh, "new"],
        [old, "old"],
      ] as const) {
        await host.run(kind.make);
        const rows = side === "old";
        await sql(host, side, "try_mail", rows ? mailTables : withoutRows(mailTables));
        await sql(host, side, "try_webmail", rows ? webmailTables : withoutRows(webmailTables));
      }

      const users = "SELECT email, quota FROM virtual_users ORDER BY id;";
      const rows = async () =>
        (await sql(fresh, "new", "try_mail", users)).replaceAll(/[\t|]/g, " ").trimEnd();
      const quotaType = async () => {
        const { query, wanted } = kind.quotaType ?? { query: "", wanted: undefined };
        if (wanted !== undefined)
          expect(await sql(fresh, "new", "try_mail", `${query};`)).toBe(`${wanted}\n`);
      };
      expect(changesIn(await run())).toEqual([2]);
      expect(await rows()).toBe("john@example.org 5");
      await quotaType();
      const again = "INSERT INTO virtual_domains VALUES (2, 'example.org');";
      expect(await fresh.exec(kind.sql("try_mail", "new"), { stdin: again })).not.toMatchObject({
        exitCode: 0,
      });
      const webmail = "SELECT mail_host FROM users; SELECT name FROM contacts; SELECT COUNT(*) FROM session;";
      expect(await sql(fresh, "new", "try_webmail", webmail)).toBe("mail-new.example.org\nJane\n0\n");
      expect(changesIn(await run())).toEqual([0]);

      await sql(
        old,
        "old",
        "try_mail",
        "INSERT INTO virtual_users VALUES (2, 1, 'jane@example.org', 'x', 7);",
      );
      expect(changesIn(await run())).toEqual([1]);
      expect(await rows()).toBe("john@example.org 5\njane@example.org 7");
      await quotaType();
      expect(changesIn(await run())).toEqual([0]);
    });
  });
}

const maps = ["virtual_mailbox_domains", "virtual_mailbox_maps", "virtual_alias_maps"];

/** Has Postfix look accounts up in a database of that kind, until the test is over. */
async function ask(host: LabHost, kind: Kind, side: "old" | "new"): Promise<void> {
  const settings = kind.settings?.(side);
  if (settings === undefined) return;
  const before = (await host.run(["postconf", ...maps])).trimEnd().split("\n");
  onTestFinished(() => host.run(["postconf", "-e", ...before]).then(() => undefined));
  const file = `/etc/postfix/try-${kind.name}.cf`;
  await host.run(["tee", file], { stdin: `${settings.words}\n` });
  await host.run(["postconf", "-e", ...maps.map((map) => `${map} = ${settings.driver}:${file}`)]);
}

/** What a new server's set-up makes. */
const withoutRows = (sql: string) => sql.replaceAll(/^ *INSERT .*$/gm, "");

/** As Buster's guide has it: the quota ends at 2 GiB, and a domain may stand there twice. */
const mailTables = `
  CREATE TABLE virtual_domains (id integer PRIMARY KEY, name varchar(50) NOT NULL);
  CREATE TABLE virtual_users (id integer PRIMARY KEY, domain_id integer NOT NULL, email varchar(100) NOT NULL UNIQUE, password varchar(150) NOT NULL, quota int NOT NULL DEFAULT 0);
  CREATE TABLE virtual_aliases (id integer PRIMARY KEY, domain_id integer NOT NULL, source varchar(100) NOT NULL, destination varchar(100) NOT NULL);
  INSERT INTO virtual_domains VALUES (1, 'example.org');
  INSERT INTO virtual_users VALUES (1, 1, 'john@example.org', '{SHA512-CRYPT}$6$a', 5);
  INSERT INTO virtual_aliases VALUES (1, 1, 'info@example.org', 'john@example.org');`;

/** Of Roundcube's tables those that the role treats in a way of its own. */
const webmailTables = `
  CREATE TABLE system (name varchar(64) PRIMARY KEY, value varchar(100));
  CREATE TABLE users (user_id integer PRIMARY KEY, username varchar(128) NOT NULL, mail_host varchar(128) NOT NULL);
  CREATE TABLE contacts (contact_id integer PRIMARY KEY, user_id integer NOT NULL, name varchar(128) NOT NULL);
  CREATE TABLE session (sess_id varchar(128) PRIMARY KEY, vars text NOT NULL);
  INSERT INTO system VALUES ('roundcube-version', '2022081200');
  INSERT INTO users VALUES (1, 'john@example.org', 'mail-old.example.org');
  INSERT INTO contacts VALUES (1, 1, 'Jane');
  INSERT INTO session VALUES ('abc', 'logged in');`;
