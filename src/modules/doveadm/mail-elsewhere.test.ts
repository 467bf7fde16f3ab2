import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../contract/testing/temporary-directory.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import { mailElsewhere } from "./mail-elsewhere.ts";

/** A host whose Dovecot has these users, by name and home, and this configuration; and the directory that all of it lies in. */
function hostWith(homes: Readonly<Record<string, string>>, config = "") {
  const root = temporaryDirectory();
  const at = (path: string) => join(root, path);
  mkdirSync(at("v m[a]il"));
  mkdirSync(at("bin"));
  // One that is gone is named by nobody's answer.
  const cases = Object.entries(homes).map(
    ([name, home]) => `${name}) printf 'uid\\t1\\nhome\\t%s\\nmail\\tmaildir:~/Maildir\\n' '${at(home)}' ;;`,
  );
  const doveadm = `#!/bin/sh\n[ "$1 $2" != "-c /x.conf" ] || shift 2\n[ "$1 $2" = "user --" ] || exit 64\nshift 2\nfor user do case $user in ${cases.join(" ")} *) exit 67 ;; esac; done\n`;
  writeFileSync(at("bin/doveadm"), doveadm, { mode: 0o755 });
  const shell = localShellWith(at("bin"));
  const host = new FakeHost({
    commands: [
      { argv: ["doveadm"], answer: `${Object.keys(homes).join("\n")}\ngone@example.org\n` },
      { argv: ["doveconf"], answer: config.replaceAll("ROOT", root) },
      { argv: ["xargs"], answer: shell },
      { argv: ["readlink"], answer: shell },
      { argv: ["sh", "-c"], answer: shell },
    ],
  });
  const write = (path: string, content = "x"): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  };
  return { at, host, write, args: { directories: [at("v m[a]il")] } };
}

const inside = { "john@example.org": "v m[a]il/example.org/john", "jane@example.net": "v m[a]il/jane" };

describe("mail_elsewhere", () => {
  test("finds nothing where all lies in the directory, by whatever name it is reached", async () => {
    const { at, host, write, args } = hostWith({ ...inside, "bob@example.org": "link/bob", root: "" });
    symlinkSync(at("v m[a]il"), at("link"));
    for (const home of [...Object.values(inside), "v m[a]il/bob"]) {
      write(`${home}/Maildir/cur/1.a:2,`);
      write(`${home}/sieve/x.sieve`);
    }
    const { result } = await lookWith(mailElsewhere, args, host);
    expect(result).toEqual({ asked: true, users: 4, mail: "", control: "", scripts: "", places: [] });
  });

  test("finds mail in homes, in namespaces, and behind INBOX= and CONTROL=", async () => {
    const config = [
      "namespace public {",
      "  location = maildir:ROOT/public:CONTROL=ROOT/control/%u",
      "}",
      "namespace archive {",
      "  location = mdbox:ROOT/archive/%d/%n",
      "}",
    ].join("\n");
    const { at, host, write, args } = hostWith({ ...inside, "bob@example.org": "home/bob" }, config);
    write("v m[a]il/jane/Maildir/cur/1.inside");
    write("home/bob/Maildir/cur/1.a:2,S");
    write("home/bob/Maildir/.Sent/new/2.b");
    write("home/bob/.dovecot.sieve");
    write("public/.Team/cur/odd-name:2,");
    write("public/.Team/tmp/not-counted");
    write("control/john@example.org/.Team/dovecot-uidlist");
    write("archive/example.net/jane/storage/m.1");
    write("archive/example.net/jane/dovecot.map.index");
    const { result } = await lookWith(mailElsewhere, args, host);
    expect(result).toMatchObject({
      users: 3,
      mail: `${at("home/bob")} (bob@example.org): 2 messages, ${at("archive/example.net/jane")} (jane@example.net): 1 messages, ${at("public")} (john@example.org): 1 messages`,
      control: `${at("control/john@example.org")} (john@example.org): 1 control files`,
      scripts: `${at("home/bob")} (bob@example.org): 1 scripts or ACLs`,
    });
    expect(result?.places).toHaveLength(4);
    // Another copy brings these.
    const more = ["home", "public", "control", "archive"].map(at);
    const all = { directories: [...args.directories, ...more] };
    expect((await lookWith(mailElsewhere, all, host)).result).toMatchObject({ mail: "", control: "" });
    const [domain, other] = [["EXAMPLE.net"], ["example.com"]];
    expect((await lookWith(mailElsewhere, { ...args, domains: domain }, host)).result).toMatchObject({
      ...{ users: 1, scripts: "", mail: expect.stringContaining(at("archive/example.net/jane")) },
    });
    expect((await lookWith(mailElsewhere, { ...args, domains: other }, host)).result).toMatchObject({
      ...{ users: 0, mail: "" },
    });
  });

  test("looks above what only Dovecot can fill in, and names some of many places", async () => {
    const homes = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`u${n}@a.org`, `home/${n}`]));
    const config = "namespace hashed {\n  location = maildir:ROOT/hashed/%2.256Nu/%n\n}\n";
    const { at, host, write, args } = hostWith(homes, config);
    for (const home of Object.values(homes)) write(`${home}/Maildir/new/1.a`);
    write("hashed/a/u1/cur/1.a:2,");
    write("hashed/b/u2/cur/2.b:2,");
    const { result } = await lookWith(mailElsewhere, args, host);
    expect(result?.mail).toMatch(
      new RegExp(`^${at("hashed")} \\(u1@a\\.org\\): 2 messages, .*, and more in 3 other places$`),
    );
  });

  test("is no answer where Dovecot can't list its users, or a place can't be read", async () => {
    const { host, args, write } = hostWith({ "bob@example.org": "home/bob" });
    write("home/bob/Maildir/cur/1.a");
    host.answer(["xargs", "-0", "-r", "-n", "400"], { stderr: "find: '/home/bob': Input/output error\n" });
    await expect(lookWith(mailElsewhere, args, host)).rejects.toThrow("Input/output error");
    const odd = hostWith({ "bob@example.org": "home/\ufffdb" });
    await expect(lookWith(mailElsewhere, odd.args, odd.host)).rejects.toThrow("is no UTF-8");
    host.answer(["doveadm"], { exitCode: 75, stderr: "userdb: no iterate_query" });
    await expect(lookWith(mailElsewhere, args, host)).rejects.toMatchObject({
      message: expect.stringContaining("can't list its users: userdb: no iterate_query"),
      next: expect.stringContaining("maildir_ask_homes: false"),
    });
    host.answer(["doveadm"], "\n");
    expect((await lookWith(mailElsewhere, args, host)).result).toMatchObject({
      asked: true,
      users: 0,
      mail: "",
    });
  });

  test("asks the Dovecot of another configuration", async () => {
    const { at, host, write, args } = hostWith({ "bob@example.org": "home/bob" });
    write("home/bob/Maildir/cur/1.a");
    const { result } = await lookWith(mailElsewhere, { ...args, config: "/x.conf" }, host);
    expect(result?.mail).toBe(`${at("home/bob")} (bob@example.org): 1 messages`);
    expect(host.commands.map(({ argv }) => argv.join(" "))).toContain("doveconf -c /x.conf -n");
    expect(host.commands.map(({ argv }) => argv.join(" "))).toContain("doveadm -c /x.conf user *");
  });

  test("finds mail in a namespace without a name beside others that have none", async () => {
    const config = [
      "namespace {\n  inbox = yes\n}",
      "namespace {\n  location = maildir:ROOT/archive/%u\n}",
      "namespace {\n  location = maildir:ROOT/%%h\n  type = shared\n}",
    ].join("\n");
    const { at, host, write, args } = hostWith(inside, config);
    write("archive/jane@example.net/cur/1.a:2,");
    expect((await lookWith(mailElsewhere, args, host)).result?.mail).toContain(
      at("archive/jane@example.net"),
    );
  });

  test("stops where Dovecot can't tell of a user, or of none that it lists", async () => {
    const { at, host, args } = hostWith(inside);
    const saying = (code: number) =>
      writeFileSync(at("bin/doveadm"), `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
    saying(75);
    const untold = (code: number) => `can't tell of its user john@example.org (exit code ${code})`;
    await expect(lookWith(mailElsewhere, args, host)).rejects.toThrow(untold(75));
    saying(67);
    await expect(lookWith(mailElsewhere, args, host)).rejects.toThrow(untold(67));
  });

  test("is left out where no doveadm is", async () => {
    const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer: { exitCode: 127 } }] });
    const { result } = await lookWith(mailElsewhere, { directories: ["/var/vmail"] }, host);
    expect(result).toEqual({ asked: false, users: 0, mail: "", control: "", scripts: "", places: [] });
  });

  test.each([{}, { directories: [] }, { directories: ["x"] }, { directories: ["/x"], users: "*" }])(
    "does not take %j",
    (args) => {
      expect(refuses(mailElsewhere, args)).toBeDefined();
    },
  );
});
