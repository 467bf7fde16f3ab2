import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { BootedLab } from "../module-lab.ts";

const file = "/etc/dovecot/conf.d/99-zz-try.conf";

// doveadm takes the settings that Dovecot was started with.
const restart =
  "systemctl restart dovecot; for _ in $(seq 100); do ! doveadm user '*' >/dev/null 2>&1 || exit 0; sleep 0.2; done; exit 1";

/** What preflight says of mailboxes that Dovecot 2.3 and 2.4 keep and name in the same way, or in another. */
export function layout(booted: () => BootedLab): void {
  const set = (text: string) => booted().lab.hosts.new.run(["sh", "-euc", `cat >${file}`], { stdin: text });
  afterEach(() => booted().lab.hosts.new.run(["rm", "-f", file]));

  test("the guides' Dovecots have the same, by other settings", async () => {
    expect(await booted().run("layout", "look")).toContain("ok       the separators of both are the same");
  });

  test.each([
    ["mailbox_list_layout = fs\n", /stop +folders lie in one another.*maildir\+\+ on old, fs on new/],
    ["mail_path = ~/mail\n", /stop +a user's mail lies in the same place.*Maildir on old, mail on new/],
    [
      "mail_control_path = /srv/control\n",
      /stop +control files, INBOX.*\{\} on old, \{"mail_control_path".*\n.*stop +control files lie with the mail: with it on old, \/srv\/control on new/,
    ],
    ["namespace inbox {\n  separator = /\n}\n", /stop +the separators of both.*\. on old, \/ on new/],
  ])("%j on new stops it, with the way out", async (setting, words) => {
    await set(setting);
    const rehearsal = await booted().rehearsal("layout");
    const refused = await rehearsal.stage("look");
    expect(refused.exitCode, refused.stdout).not.toBe(0);
    expect(refused.stdout).toMatch(words);
    expect(refused.stdout.replaceAll(/\s+/g, " ")).toContain("take the playbook imap-copy");
  });

  test("folders in folders of the file system are copied and seen, where both keep them so", async () => {
    const { old, new: fresh } = booted().lab.hosts;
    const separator = "namespace inbox {\n  separator = /\n}\n";
    const settings = `mail_location = maildir:~/Maildir:LAYOUT=fs\n${separator}`;
    const user = "john@example.org";
    try {
      await old.run(["sh", "-euc", `cat >${file}`], { stdin: settings });
      await set(`mailbox_list_layout = fs\n${separator}`);
      for (const host of [old, fresh]) await host.run(["sh", "-c", restart]);
      for (const folder of ["INBOX", "Lists/Dev", "Lists/Dev/Rätsel"]) {
        if (folder !== "INBOX") await old.run(["doveadm", "mailbox", "create", "-s", "-u", user, folder]);
        const save = ["doveadm", "save", "-u", user, "-m", folder];
        await old.run(save, { stdin: `Subject: ${folder}\n\nhello\n` });
      }
      const folders = await old.run(["find", "/var/vmail/example.org/john/Maildir", "-name", "cur"]);
      expect(folders).toContain("/Maildir/Lists/Dev/R&AOQ-tsel/cur\n");
      const tables = "mysqldump --no-create-info --complete-insert mailserver virtual_domains virtual_users";
      await fresh.run(["mysql", "mailserver"], { stdin: await old.run(tables.split(" ")) });
      const said = await booted().run("layout", "copy");
      expect(said).toContain("3 messages of 1 mailboxes are on both hosts: nothing differs");
      expect(said.match(/3 messages in 3 folders of 1 users seen by IMAP$/gm)).toHaveLength(2);
    } finally {
      await fresh.run([
        "mysql",
        "-e",
        "DELETE FROM virtual_users; DELETE FROM virtual_domains",
        "mailserver",
      ]);
      for (const host of [old, fresh]) {
        await host.run(["rm", "-rf", file, "/var/vmail/example.org", "/var/lib/mailferry/copied-from"]);
        await host.run(["sh", "-c", restart]);
      }
    }
  });

  describe("what old's users have elsewhere", () => {
    const old = (script: string) => booted().lab.hosts.old.run(["sh", "-euc", script]);
    afterAll(async () => {
      const places = "/var/public /srv/control /var/vmail/example.org";
      await old(`rm -rf ${file} ${places}; ${restart}`);
      await booted().lab.hosts.new.run(["sh", "-c", `rm -rf ${places} /var/lib/mailferry/copied-from`]);
    });

    test("is nothing where the guide is followed", async () => {
      await old(restart);
      expect(await booted().run("layout", "elsewhere")).toContain("ok       no mail elsewhere");
    });

    test("stops it: a namespace, control files and scripts, with what to do", async () => {
      const location = "maildir:/var/public:CONTROL=/srv/control/%u";
      await booted().lab.hosts.old.run(["sh", "-euc", `cat >${file}`], {
        stdin: `namespace public {\n  type = public\n  prefix = Public.\n  separator = .\n  location = ${location}\n}\nplugin {\n  sieve = file:/srv/control/%d/%n\n}\n`,
      });
      await old(
        "mkdir -p /var/public/.Team/cur /var/vmail/example.org/john/Maildir/cur /srv/control/john@example.org/.Team /srv/control/example.org/john; touch /var/public/.Team/cur/1.a:2,S /var/vmail/example.org/john/Maildir/cur/1.b:2,S /srv/control/john@example.org/.Team/dovecot-uidlist /srv/control/example.org/john/x.sieve",
      );
      await old(restart);
      const rehearsal = await booted().rehearsal("layout");
      const refused = await rehearsal.stage("elsewhere");
      expect(refused.exitCode, refused.stdout).not.toBe(0);
      expect(refused.stdout).toMatch(/stop +no mail elsewhere: \/var\/public \(.*\): 1 messages$/m);
      expect(refused.stdout).toMatch(/stop +no control files elsewhere: \/srv\/control\/john@example\.org/);
      expect(refused.stdout).toMatch(
        /stop +no sieve scripts or ACLs elsewhere: \/srv\/control\/example\.org/,
      );
      expect(refused.stdout.replaceAll(/\s+/g, " ")).toContain("call the role maildir once more");
      const others = ["-e", 'maildir_other_directories=["/var/public", "/srv/control"]'];
      expect(await booted().run("layout", "elsewhere", ...others)).toContain("ok       no mail elsewhere");
    });

    test("comes along as that says, by the role called once more", async () => {
      const { new: fresh } = booted().lab.hosts;
      const said = await booted().run("layout", "both-roots");
      expect(said.match(/[0-9]+ messages of [0-9]+ mailboxes are on both hosts: nothing differs$/gm)).toEqual(
        [expect.stringMatching(/^1 messages/), expect.stringMatching(/^1 messages/)],
      );
      expect(await fresh.run(["find", "/var/public", "-type", "f"])).toBe("/var/public/.Team/cur/1.a:2,S\n");
      expect(await booted().run("layout", "both-roots")).toContain("nothing differs");
    });
  });
}
