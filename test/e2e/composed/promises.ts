import { expect, test } from "vitest";
import type { BootedLab } from "../module-lab.ts";

/** What `init` promises of a pair that no playbook fits. It takes the databases away, and so comes last. */
export function composed(booted: () => BootedLab): void {
  test("a playbook that init composes passes check, and its preflight stops at nothing but users that new lacks", async () => {
    const { lab, hosts, rehearsal } = booted();
    for (const host of hosts()) await host.run(["sh", "-euc", keepUsersInAFile]);
    const { old, new: fresh } = lab.hosts;
    const { mailferry, inventory } = await rehearsal("composed");
    const words = ["init", old.name, fresh.name, "-i", inventory, "-o", "found"];
    const looked = await mailferry(words);
    expect(looked, looked.stdout + looked.stderr).toMatchObject({ exitCode: 0 });
    const playbook = ["found/playbook.yml", "-i", "found/inventory.yml"];
    const checked = await mailferry(["check", ...playbook]);
    expect(checked, checked.stdout + checked.stderr).toMatchObject({ exitCode: 0, stderr: "" });

    const { keyFile, knownHostsFile } = lab.files;
    const login = ["-e", `key_file=${keyFile}`, "-e", `known_hosts_file=${knownHostsFile}`];
    const preflight = ["run", ...playbook, "--stage", "preflight", ...login];
    const ran = await mailferry(preflight);
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).not.toMatch(/^\s*stop {5}/m);
    await old.run(["sh", "-euc", `${addUser} jane`]);
    const refused = await mailferry(preflight);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain("jane@example.org. Bring their accounts to new first.");
  });
}

const addUser = `
  add() { echo "$1@example.org:{PLAIN}summersun:$(id -u vmail):$(id -g vmail)::/var/vmail/example.org/$1::" >>/etc/dovecot/users; }
  add`;

/** No database runs, Dovecot has its users in a file, and Postfix has its domain in main.cf. */
const keepUsersInAFile = `
  systemctl stop mariadb postgresql
  ${addUser} john
  case $(dovecot --version) in
    2.3.*)
      for kind in passdb userdb; do printf '%s {\\n  driver = passwd-file\\n  args = /etc/dovecot/users\\n}\\n' $kind; done >/etc/dovecot/conf.d/auth-sql.conf.ext ;;
    *)
      for kind in passdb userdb; do printf '%s passwd-file {\\n  passwd_file_path = /etc/dovecot/users\\n}\\n' $kind; done >/etc/dovecot/conf.d/99-ispmail-sql.conf ;;
  esac
  postconf -e virtual_mailbox_domains=example.org virtual_mailbox_maps=static:known virtual_alias_maps= smtpd_sender_login_maps=
  systemctl restart dovecot
  systemctl restart postfix
  install -d -o vmail -g vmail /var/vmail/example.org /var/vmail/example.org/john`;
