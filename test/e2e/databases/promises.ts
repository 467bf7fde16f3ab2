import { once } from "node:events";
import { createInterface } from "node:readline";
import { beforeAll, expect, test } from "vitest";
import { killTree } from "../kill-tree.ts";
import { type BootedLab, changesIn } from "../module-lab.ts";
import { until } from "../rehearse.ts";

const file = "/var/lib/mail-db/users.sqlite";

/** What a copy of a PostgreSQL and of an SQLite database promises. */
export function databases(booted: () => BootedLab): void {
  const run = (stage: string, ...more: string[]) => booted().run("databases", stage, ...more);
  const sql = async (statement: string) => {
    const fresh = booted().lab.hosts.new;
    await fresh.run(["sh", "-euc", 'cd /; runuser -u postgres -- psql -q mailserver -c "$0"', statement]);
    await fresh.run(["sqlite3", file, statement]);
  };

  beforeAll(() => run("make"));

  test("check mode copies nothing, the copy everything, and a second time nothing is left to do", async () => {
    await run("copy", "--check");
    expect(await booted().lab.hosts.new.run(["sqlite3", file, "SELECT COUNT(*) FROM virtual_users"])).toBe(
      "0\n",
    );
    // A client that keeps its connection, as Postfix and Dovecot do, is sent away from the database that goes.
    const client = "cd /; exec runuser -u postgres -- psql mailserver -c 'SELECT pg_sleep(36000)'";
    await booted().lab.hosts.new.run(["systemd-run", "--unit=try-client", "sh", "-c", client]);
    const sessions =
      "cd /; runuser -u postgres -- psql -At -c \"SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'\"";
    const connected = () => booted().lab.hosts.new.run(["sh", "-c", sessions]);
    await until(async () => (await connected()) === "1\n");
    expect(changesIn(await run("copy"))).toContain(2);
    expect(await connected()).toBe("0\n");
    await run("look");
    expect(changesIn(await run("copy")).every((count) => count === 0)).toBe(true);
  });

  test("killed amid an import, it goes on, and leaves nothing behind", async () => {
    await sql("UPDATE virtual_users SET quota = 0");
    await booted().lab.hosts.old.run([
      "sh",
      "-euc",
      `cd /; runuser -u postgres -- psql -q mailserver -c "$1"; sqlite3 ${file} "$1"`,
      "sh",
      "UPDATE virtual_domains SET name = 'example.com' WHERE id = 2",
    ]);
    const { playbook, inventory, start } = await booted().rehearsal("databases");
    const child = start(["run", playbook, "-i", inventory, "--stage", "copy", "--json"]);
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      if (!line.includes("importing mailserver")) continue;
      killTree(child.pid);
      break;
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    expect(child.signalCode).toBe("SIGKILL");
    await run("copy");
    await run("look");
    const domains = ["sqlite3", file, "SELECT name FROM virtual_domains WHERE id = 2"];
    expect(await booted().lab.hosts.new.run(domains)).toBe("example.com\n");
  });

  test("rows on new that it did not bring stop it, for both kinds", async () => {
    await sql("INSERT INTO virtual_domains VALUES (9, 'somebody.example')");
    const rehearsal = await booted().rehearsal("databases");
    const refused = await rehearsal.stage("copy");
    expect(refused, refused.stdout).toMatchObject({ exitCode: 4 });
    expect(refused.stdout + refused.stderr).toContain("did not bring: virtual_domains (3 rows)");
  });
}
