import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadInventory } from "../../language/inventory/load-inventory.ts";
import { makeWorkplace, type Workplace } from "../testing/run-in-memory.ts";
import { foundVariables, movedNames, serverNames } from "./found-variables.ts";
import type { HostSurvey } from "./host-survey.ts";
import { inventoryText } from "./inventory-text.ts";
import type { SurveyedPair } from "./playbook-fit.ts";
import { ispmailPair, recordedSurvey } from "./testing/recorded-survey.ts";

let place: Workplace;
beforeEach(() => {
  place = makeWorkplace();
});
afterEach(() => place.remove());

const leadsTo = new Map([
  ["mail.example.org", ["192.0.2.10", "2001:db8::10"]],
  ["mail.example.net", ["198.51.100.1"]],
]);

describe("the inventory of what was found", () => {
  it("is in order as it is, for the playbook that fits", async () => {
    place.write("inventory.yml", textOf(ispmailPair()));
    expect(await place.run(["check", "bullseye-to-trixie", "-i", "inventory.yml"])).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
  });

  it("holds what was found", async () => {
    place.write("inventory.yml", textOf(ispmailPair()));
    const { hosts, groups } = await loadInventory(join(place.directory, "inventory.yml"));
    expect(groups.get("old")).toEqual(["mail-old.example.org"]);
    expect(hosts.get("mail-old.example.org")?.spec).toMatchObject({ user: "root", port: 2222 });
    expect(hosts.get("mail-new.example.org")?.variables).toMatchObject({
      mail_domains: ["example.org", "example.net"],
      vmail_directory: "/var/vmail",
      vmail_user: "vmail",
      database_kind: "mariadb",
      database_name: "mailserver",
      database_roundcube_name: "roundcube",
      certs_directory: "/etc/letsencrypt",
      dkim_directory: "/var/lib/rspamd/dkim",
      dkim_map: "/etc/rspamd/dkim_selectors.map",
      rspamd_redis_database: 0,
      preflight_old_addresses: ["192.0.2.10"],
      preflight_new_addresses: ["192.0.2.20"],
      relay_from: ["192.0.2.10"],
      relay_drain_from: ["192.0.2.20"],
      preflight_ports: [25, 587, 143, 993, 4190],
      smoke_server_name: "mail.example.org",
    });
  });

  it("wants those records switched that lead to old by now, and that new has an address for", async () => {
    place.write("inventory.yml", textOf(ispmailPair()));
    const { hosts } = await loadInventory(join(place.directory, "inventory.yml"));
    expect(hosts.get("mail-old.example.org")?.variables.dns_switch_records).toEqual([
      { name: "mail.example.org", type: "A", ttl: 60, data: "192.0.2.20", state: "exact" },
    ]);
  });

  it.each([
    ["PostgreSQL", "mailserver", { database_kind: "postgresql", database_name: "mailserver" }],
    [
      "SQLite",
      "/srv/users.db",
      { database_kind: "sqlite", database_path: "/srv/users.db", database_from_path: "/srv/users.db" },
    ],
  ] as const)("holds what is asked of %s", async (kind, name, wanted) => {
    const pair = ispmailPair();
    const of = (survey: HostSurvey) => ({
      ...survey,
      databases: survey.databases.map((one) => ({ ...one, kind, name })),
    });
    const variablesOf = async (found: SurveyedPair) => {
      place.write("inventory.yml", textOf(found));
      const { hosts } = await loadInventory(join(place.directory, "inventory.yml"));
      return hosts.get("mail-new.example.org")?.variables;
    };
    expect(await variablesOf({ old: of(pair.old), new: of(pair.new) })).toMatchObject(wanted);
    expect(await variablesOf({ old: of(pair.old), new: pair.new })).toMatchObject({
      preflight_database: false,
    });
  });

  it("says of qmail where homes lie, and what its hosts are called; an address for the test mail is the person's to name", async () => {
    const old = recordedSurvey("qmail", "mail-old.example.org", "192.0.2.10");
    const fresh = {
      ...old,
      name: "mail-new.example.org",
      qmail: new Map([["me", ["mail-new.example.org"]]]),
    };
    const text = textOf({ old, new: fresh });
    place.write("inventory.yml", text);
    const { hosts } = await loadInventory(join(place.directory, "inventory.yml"));
    expect(hosts.get("mail-new.example.org")?.variables).toMatchObject({
      vmail_directory: "/mail",
      qmail_homes_depth: 2,
      qmail_old_names: ["mail-old.example.org"],
      qmail_new_names: ["mail-new.example.org"],
    });
    expect(hosts.get("mail-new.example.org")?.variables.vmail_user).toBeUndefined();
    expect(text).toContain("# smoke_address: postmaster@example.org\n");
    const check = ["check", "qmail-to-qmail", "-i", "inventory.yml"];
    expect((await place.run(check)).stderr).toContain("smoke_address");
    const named = await place.run([...check, "-e", "smoke_address=postmaster@example.org"]);
    expect(named).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("has a comment on every variable", () => {
    const lines = textOf(ispmailPair()).split("\n");
    const names = lines.flatMap((line, at) =>
      /^ {4}[a-z_]+:/.test(line) && !/^ {4}(user|old|new):/.test(line) ? [at] : [],
    );
    expect(names.length).toBeGreaterThan(15);
    for (const at of names) expect(lines[at - 1]).toMatch(/^ {4}# /);
  });

  it("suggests whom else to ask about the DNS, and sets nothing of it", async () => {
    const text = textOf(ispmailPair());
    expect(text).toMatch(/^ {4}# Resolvers .*\n {4}# dns_resolvers: \[ 9\.9\.9\.9, 1\.1\.1\.1 \]$/m);
    expect(text).toMatch(/^ {4}# dns_blocklists: \[ zen\.spamhaus\.org \]$/m);
    place.write("inventory.yml", text);
    const { hosts } = await loadInventory(join(place.directory, "inventory.yml"));
    expect(Object.keys(hosts.get("mail-old.example.org")?.variables ?? {})).not.toContain("dns_resolvers");
  });

  it("takes nothing for a template that a host told", () => {
    const pair = ispmailPair();
    const evil = {
      ...pair.old,
      mailDomains: ["{{lookup 'file' '/etc/shadow'}}"],
      users: { ...pair.old.users, one: "a\n{{b}}@c" },
    };
    const text = textOf({ ...pair, old: evil });
    expect(text).not.toContain("{{");
    expect(text).not.toMatch(/mail_domains|smoke_address|dns_watch/);
  });

  it("leaves the hosts' own names and wildcards out of the names that users connect to", () => {
    expect(serverNames(ispmailPair())).toEqual([
      "imap.example.org",
      "mail.example.net",
      "mail.example.org",
      "smtp.example.org",
    ]);
    const pair = ispmailPair();
    const certificates = [{ file: "/x", names: ["*.example.org"], ends: undefined }];
    expect(serverNames({ ...pair, old: { ...pair.old, certificates } })).toEqual([]);
  });
});

describe("the names that move", () => {
  it("are those that mail comes by, too, but for the hosts' own", () => {
    const pair = ispmailPair();
    const without = { ...pair, old: { ...pair.old, certificates: [] } };
    expect(movedNames(without, ["mx.example.org", "mail-old.example.org", "mx.example.org", ""])).toEqual([
      "mx.example.org",
    ]);
    expect(movedNames(pair, ["mail.example.org"])).toEqual(serverNames(pair));
    expect(textOf(without)).toContain("smoke_server_name: mail.example.org\n");
  });
});

function textOf(pair: SurveyedPair): string {
  return inventoryText({
    playbook: "bullseye-to-trixie",
    says: ["What was found."],
    connection: { user: "root" },
    groups: foundVariables(pair, leadsTo),
    old: { name: pair.old.name, settings: { address: "192.0.2.10", port: 2222 }, says: "" },
    new: { name: pair.new.name, settings: {}, says: "Looked up." },
  });
}
