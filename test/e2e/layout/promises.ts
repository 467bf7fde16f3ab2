import { afterEach, expect, test } from "vitest";
import type { BootedLab } from "../module-lab.ts";

const file = "/etc/dovecot/conf.d/99-zz-try.conf";

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
    ["mail_control_path = /srv/control\n", /stop +control files.*\{\} on old, \{"mail_control_path"/],
    ["namespace inbox {\n  separator = /\n}\n", /stop +the separators of both.*\. on old, \/ on new/],
  ])("%j on new stops it, with the way out", async (setting, words) => {
    await set(setting);
    const rehearsal = await booted().rehearsal("layout");
    const refused = await rehearsal.stage("look");
    expect(refused.exitCode, refused.stdout).not.toBe(0);
    expect(refused.stdout).toMatch(words);
    expect(refused.stdout.replaceAll(/\s+/g, " ")).toContain("take the playbook imap-copy");
  });
}
