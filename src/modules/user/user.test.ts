import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { BadInput, OutcomeUnknown, Refused } from "../../contract/errors.ts";
import { type FakeAccounts, fakeAccount, fakeAccountCommands } from "../testing/fake-accounts.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { type FakeCommand, FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { refuses, registeredBy, runModule } from "../testing/run-module.ts";
import { accountsScript, parseAccounts } from "./accounts.ts";
import { lossesScript } from "./removal.ts";
import { type UserArgs, user } from "./user.ts";

const hash = "$6$salt$0123456789abcdef";

function accountsWith(users: FakeAccounts["users"] = {}, losses?: string): FakeAccounts {
  return { users, groups: { users: 100, mail: 8, adm: 4 }, ...(losses === undefined ? {} : { losses }) };
}

const hostWith = (accounts: FakeAccounts) => new FakeHost({ commands: fakeAccountCommands(accounts) });

describe("user", () => {
  test("makes a user, with a password that stands in no argv, and then has nothing left to do", async () => {
    const accounts = accountsWith();
    const host = hostWith(accounts);
    const args: UserArgs = {
      name: "anna",
      uid: 2001,
      group: "users",
      groups: ["mail", "4"],
      home: "/srv/anna",
      shell: "/bin/bash",
      comment: "Anna O'Hara",
      password: hash,
      expires: 1_900_000_000,
    };
    const ran = await runModule(user, args, host);
    const { change, applied, left } = ran;
    expect(change?.summary).toBe("create user anna");
    expect(host.changesRun()).toEqual([
      "useradd --uid 2001 --gid users --groups mail,adm --home-dir /srv/anna --shell /bin/bash --comment Anna O'Hara --expiredate 2030-03-17 --create-home -- anna",
      "chpasswd --encrypted",
    ]);
    expect(accounts.users.anna?.hash).toBe(hash);
    const known = { name: "anna", uid: 2001, home: "/srv/anna", state: "present" };
    expect(await registeredBy(user, args, host, ran)).toMatchObject(known);
    expect(await registeredBy(user, args, host)).toMatchObject(known);
    expect(JSON.stringify([change?.summary, applied])).not.toContain("salt");
    expect(left).toBeUndefined();
  });

  test.each<[string, Partial<UserArgs>, string]>([
    ["uid", { uid: 5 }, "usermod --uid 5 -- anna"],
    ["group", { group: "mail" }, "usermod --gid mail -- anna"],
    ["home", { home: "/home/a", move_home: true }, "usermod --home /home/a --move-home -- anna"],
    ["shell", { shell: "/bin/zsh" }, "usermod --shell /bin/zsh -- anna"],
    ["comment", { comment: "" }, "usermod --comment  -- anna"],
    ["groups, and leaves others", { groups: "mail" }, "usermod --groups mail -- anna"],
    ["no groups", { groups: [] }, "usermod --groups  -- anna"],
    ["one more group", { groups: ["mail"], append: true }, "usermod --append --groups mail -- anna"],
    ["an end", { expires: 86_400.5 }, "usermod --expiredate 1970-01-02 -- anna"],
    ["no end", { expires: -1 }, "usermod --expiredate  -- anna"],
    ["a lock", { password_lock: true }, "usermod --lock -- anna"],
    ["a hash", { password: hash }, "chpasswd --encrypted"],
  ])("changes %s, once", async (_what, args, command) => {
    const there = { comment: "x", groups: ["adm"], hash: "$6$other$abc", expires: "9" };
    const host = hostWith(accountsWith({ anna: fakeAccount(there) }));
    const { left } = await runModule(user, { name: "anna", ...args }, host);
    expect(host.changesRun()).toEqual([command]);
    expect(left).toBeUndefined();
  });

  test.each<[string, Partial<UserArgs>]>([
    ["all as it is", { uid: 1001, group: "100", shell: "/bin/sh", groups: ["mail", "users"] }],
    ["a hash that a lock stands before", { password: hash, password_lock: true }],
    ["a password only for new users", { password: "$6$new$x", update_password: "on_create" }],
    ["a home that is there", { home: "/home/anna" }],
  ])("has nothing to do for %s", async (_what, args) => {
    const there = fakeAccount({ groups: ["mail"], hash: `!${hash}` });
    const { change } = await runModule(
      user,
      { name: "anna", ...args },
      hostWith(accountsWith({ anna: there })),
    );
    expect(change).toBeUndefined();
  });

  describe("with a password for new users alone", () => {
    const args: UserArgs = { name: "anna", password: hash, update_password: "on_create" };
    const noteDirectory = { "/var/lib/mailferry/.keep": "" };
    const hostOf = (accounts: FakeAccounts, files: Record<string, string> = noteDirectory) =>
      new FakeHost({ commands: fakeAccountCommands(accounts), files });
    /** The host as it is after a run that came to its end at that program. */
    const endedAt = async (program: string, answer: FakeCommand["answer"], accounts: FakeAccounts) => {
      const host = hostOf(accounts);
      host.answer([program], answer);
      await expect(runModule(user, args, host)).rejects.toThrow();
      const notes = host.tree.under("/var/lib/mailferry").filter((path) => path.includes("anna"));
      return hostOf(accounts, { ...noteDirectory, ...Object.fromEntries(notes.map((path) => [path, ""])) });
    };
    const lost = () => {
      throw new OutcomeUnknown("the link was lost");
    };

    test("sets it when it was killed between useradd and chpasswd", async () => {
      const accounts = accountsWith();
      const host = await endedAt("chpasswd", lost, accounts);
      expect(accounts.users.anna?.hash).toBe("!");
      const { change, left } = await runModule(user, args, host);
      expect(change?.summary).toBe("user anna: new password");
      expect(accounts.users.anna?.hash).toBe(hash);
      expect(left).toBeUndefined();
      expect(host.tree.under("/var/lib/mailferry").filter((path) => path.includes("anna"))).toEqual([]);
    });

    test("leaves one that was given by hand since", async () => {
      const accounts = accountsWith();
      const host = await endedAt("chpasswd", lost, accounts);
      Object.assign(accounts.users.anna ?? {}, { hash: "$6$own$x" });
      expect((await runModule(user, args, host)).change).toBeUndefined();
    });

    test("owes nothing when useradd failed", async () => {
      const accounts = accountsWith();
      const host = await endedAt("useradd", () => ({ exitCode: 4, stderr: "UID in use" }), accounts);
      accounts.users.anna = fakeAccount();
      expect((await runModule(user, args, host)).change).toBeUndefined();
    });

    test("leaves a user alone that was there without one", async () => {
      const host = hostWith(accountsWith({ anna: fakeAccount() }));
      expect((await runModule(user, args, host)).change).toBeUndefined();
    });
  });

  test("lets a password in again, but never an account without one", async () => {
    const accounts = accountsWith({ anna: fakeAccount({ hash: `!${hash}` }), bert: fakeAccount() });
    const host = hostWith(accounts);
    await runModule(user, { name: "anna", password_lock: false }, host);
    expect(accounts.users.anna?.hash).toBe(hash);
    const { change } = await runModule(user, { name: "bert", password_lock: false }, host);
    expect(change).toBeUndefined();
  });

  test("makes a home that is missing, unless it shall not", async () => {
    const host = hostWith(accountsWith({ anna: fakeAccount({ hasHome: false }) }));
    expect((await runModule(user, { name: "anna", create_home: false }, host)).change).toBeUndefined();
    const { change, left } = await runModule(user, { name: "anna" }, host);
    expect(change?.summary).toBe("user anna: make /home/anna");
    expect(left).toBeUndefined();
  });

  test("joins a group of the same name that is there", async () => {
    const accounts = { ...accountsWith(), groups: { vmail: 5000 } };
    const host = hostWith(accounts);
    await runModule(user, { name: "vmail", system: true, create_home: false }, host);
    expect(host.changesRun()).toEqual(["useradd --no-user-group --system --no-create-home -- vmail"]);
  });

  test.each<[string, Partial<UserArgs>, readonly object[]]>([
    [
      "a home and a mailbox that go",
      { state: "absent", remove: true },
      [
        { path: "/home/anna", how: "remove" },
        { path: "/var/mail/anna", how: "remove" },
      ],
    ],
    [
      "a home that moves",
      { home: "/srv/anna", move_home: true },
      [
        { path: "/home/anna", how: "remove" },
        { path: "/srv/anna", how: "write" },
      ],
    ],
    ["nothing when the files stay", { state: "absent" }, []],
    ["nothing for another home alone", { home: "/srv/anna" }, []],
  ])("touches %s", async (_what, args, touched) => {
    const host = hostWith(accountsWith({ anna: fakeAccount() }));
    const change = await user.check({ name: "anna", ...args }, host.reader(), fakeContext());
    expect(change && user.touches(change, host)).toEqual(touched);
  });

  test("removes a user, and its home only when nothing is lost", async () => {
    const host = hostWith(accountsWith({ anna: fakeAccount() }));
    const { change, left } = await runModule(user, { name: "anna", state: "absent", remove: true }, host);
    expect(change?.summary).toBe("remove user anna and /home/anna");
    expect(host.changesRun()).toEqual(["userdel --remove -- anna"]);
    expect(left).toBeUndefined();
  });

  test.each([
    ["there is mail in /var/mail/anna", {}, "there is mail in /var/mail/anna\n"],
    ["/var/vmail", { home: "/var/vmail" }, ""],
    ["/srv", { home: "/srv" }, ""],
    ["/etc/postfix", { home: "/etc/postfix" }, ""],
  ])("refuses to remove what is kept: %s", async (why, there, losses) => {
    const host = hostWith(accountsWith({ anna: fakeAccount(there) }, losses));
    const run = runModule(user, { name: "anna", state: "absent", remove: true }, host);
    await expect(run).rejects.toBeInstanceOf(Refused);
    await expect(run).rejects.toThrow(why);
    expect(host.changesRun()).toEqual([]);
  });

  test("refuses a password in clear, and does not repeat it", async () => {
    const run = runModule(user, { name: "anna", password: "geheim!" }, hostWith(accountsWith()));
    await expect(run).rejects.toBeInstanceOf(BadInput);
    await expect(run).rejects.not.toThrow("geheim");
  });

  test("wants its groups to be there, but for check mode", async () => {
    const args = { name: "anna", groups: ["new"] };
    await expect(runModule(user, args, hostWith(accountsWith()))).rejects.toThrow("no group new");
    const context = fakeContext({ checkMode: true });
    const change = await user.check(args, hostWith(accountsWith()).reader(), context);
    expect(change?.summary).toBe("create user anna");
  });

  test("finds a real user with its groups, and no user by its number", async () => {
    const host = new FakeHost({ commands: [{ argv: ["/bin/sh", "-c"], answer: localShell }] });
    const look = async (...names: string[]) =>
      parseAccounts((await host.probe(["/bin/sh", "-c", accountsScript, "sh", ...names])).stdout.toString());
    const root = await look("root", "mail", "0", "no-such-group");
    expect(root.user).toMatchObject({ name: "root", uid: 0, group: "root", home: "/root", hasHome: true });
    expect(root.groups.map(({ name }) => name)).toEqual(["mail", "root"]);
    expect((await look("0")).user).toBeUndefined();
  });

  test("sees what a removal would take along", async () => {
    const home = await mkdtemp(join(tmpdir(), "mailferry-home-"));
    onTestFinished(() => rm(home, { recursive: true }));
    const host = new FakeHost({ commands: [{ argv: ["/bin/sh", "-c"], answer: localShell }] });
    const losses = async (name: string, place: string) =>
      (await host.probe(["/bin/sh", "-c", lossesScript, "sh", name, place])).stdout.toString();
    expect(await losses("no-such-user", home)).toBe("");
    expect(await losses("no-such-user", "/usr/sbin")).toContain("daemon has its home in /usr/sbin");
    await mkdir(join(home, "Maildir", "cur"), { recursive: true });
    expect(await losses("no-such-user", home)).toBe("");
    await mkdir(join(home, "Maildir", "new"));
    expect(await losses("no-such-user", home)).toBe(`there is a mailbox in ${home}/Maildir/cur\n`);
    await rm(join(home, "Maildir"), { recursive: true });
    await mkdir(join(home, "sdbox/mailboxes/INBOX/dbox-Mails"), { recursive: true });
    expect(await losses("no-such-user", home)).toContain("/dbox-Mails");
    await rm(join(home, "sdbox"), { recursive: true });
    await mkdir(join(home, "mdbox/storage"), { recursive: true });
    await writeFile(join(home, "mdbox/storage/dovecot.map.index"), "");
    expect(await losses("no-such-user", home)).toContain("/dovecot.map.index");
    expect(await losses("no-such-user", "/dev")).toContain("a file system is mounted at /dev");
  });

  test.each([
    {},
    { name: "1000" },
    { name: "-r" },
    { name: "a:b" },
    { name: "a", comment: "a:b" },
    { name: "a", home: "relative" },
    { name: "a", move_home: true },
    { name: "a", append: true },
    { name: "a", remove: true },
    { name: "a", groups: ["a b"] },
    { name: "a", password: ["x"] },
    { name: "a", generate_ssh_key: true },
  ])("its schema refuses %j", (args) => expect(refuses(user, args)).toBeDefined());
});
