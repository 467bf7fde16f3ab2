import { afterAll, beforeAll, expect, test } from "vitest";
import { type BootedLab, changesIn } from "../module-lab.ts";
import { until } from "../rehearse.ts";

/** What the role postfix-safety promises of a delivery that a reload of Postfix meets. */
export function underWay(booted: () => BootedLab): void {
  const onOld = (script: string, stdin = "") => booted().lab.hosts.old.run(["sh", "-euc", script], { stdin });
  const inQueues = () => onOld("cd /var/spool/postfix; find maildrop incoming active -type f");
  const putBack = "find /var/spool/postfix/incoming -type f -newermt '5 seconds'";

  beforeAll(async () => {
    await onOld(
      `cat >/usr/local/bin/slow-mail; chmod 0755 /usr/local/bin/slow-mail; touch /run/slow-mail
      postconf -M 'slow/unix=slow unix - n n - - pipe user=nobody argv=/usr/local/bin/slow-mail'
      postconf default_transport=slow
      postfix reload`,
      "#!/bin/sh\nwhile [ -e /run/slow-mail ]; do sleep 0.1; done\n",
    );
  });
  afterAll(() =>
    onOld("rm -f /run/slow-mail; postconf -MX slow/unix; postconf -X default_transport; postfix reload"),
  );

  test("what the queue manager puts back for a minute is gone as soon as it has been delivered", async () => {
    await onOld("sendmail -f john@example.org far@example.com", "Subject: slow\n\nhello\n");
    await until(async () => (await onOld("pgrep -x slow-mail || true")) !== "");
    await onOld("postfix reload");
    await until(async () => (await onOld(putBack)) !== "");

    await onOld("rm /run/slow-mail");
    await booted().run("postfix-queue", "under-way");
    expect(await inQueues()).toBe("");
  });

  test("nobody misses a message that was delivered before the account begins, and is only removed behind that", async () => {
    await onOld("touch /run/slow-mail");
    await onOld("sendmail -f john@example.org far@example.com", "Subject: settled\n\nhello\n");
    await until(async () => (await onOld("pgrep -x slow-mail || true")) !== "");
    const id = (await onOld("ls /var/spool/postfix/active")).trim();
    const told = () => onOld(`journalctl --output short-unix SYSLOG_FACILITY=2 | grep ': ${id}: ' || true`);
    await onOld("postfix reload");
    await until(async () => (await onOld(putBack)) !== "");
    await onOld("rm /run/slow-mail");
    await until(async () => (await told()).includes("status=sent"));
    const clock = async () => Number(await onOld("date +%s"));
    const settled = await clock();
    await until(async () => (await clock()) > settled);

    await booted().run("postfix-queue", "under-way");
    await until(async () => (await told()).includes(`${id}: removed`));
    expect((await told()).split("\n").filter((line) => Number.parseFloat(line) > settled + 1)).toMatchObject([
      expect.stringContaining("from=<john@example.org>"),
      expect.stringContaining("removed"),
    ]);
    const account = await booted().run("postfix-queue", "account", "-e", `account_since=${settled + 1}`);
    expect(account).toContain("0 messages since");
  });

  // journalctl shows such a line as "[125B blob data]" otherwise.
  test("a message has its end also where the journal holds bytes of it that can't be printed", async () => {
    const since = Number(await onOld("date +%s"));
    const sent =
      "relay=old[private/dovecot-lmtp], delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 Saved)";
    for (const [program, text] of [
      ["smtpd", "client=a.example[192.0.2.1]"],
      ["cleanup", "message-id=<odd@example.com>"],
      ["qmgr", "from=<a@example.com>, size=1, nrcpt=1 (queue active)"],
      ["lmtp", `to=<odd.\u0085@example.org>, ${sent}`],
      ["qmgr", "removed"],
    ] as const) {
      const line = ["-i", "-p", "mail.info", "-t", `postfix/${program}`, `0DDB17E501: ${text}`];
      await booted().lab.hosts.old.run(["logger", ...line]);
    }
    const account = await booted().run("postfix-queue", "account", "-e", `account_since=${since}`);
    expect(account).toMatch(/1 messages since .*: 1 delivered/);
  });

  test.each(["untouched", "met by a reload"])(
    "deliveries into mailboxes end before Postfix may be stopped, and no other begins: %s",
    async (how) => {
      const send = (subject: string) =>
        onOld("sendmail -f john@example.org far@example.com", `Subject: ${subject}\n\nhello\n`);
      const left = (what: string) => onOld(`pgrep -x '${what}' || true`);
      const slowMail = (script: string) => onOld("cat >/usr/local/bin/slow-mail", `#!/bin/sh\n${script}`);
      const stored = "echo stored >>/tmp/slow-mail-stored\n";
      await slowMail(`
while [ -e /run/slow-mail ]; do sleep 0.1; done
while pgrep -x qmgr >/dev/null; do sleep 0.1; done
sleep 5
${stored}`);
      await onOld("touch /run/slow-mail");
      await send("slow");
      await until(async () => (await left("slow-mail")) !== "");
      if (how === "met by a reload") {
        await onOld("postfix reload");
        await until(async () => (await onOld(putBack)) !== "");
      }
      await onOld("rm /run/slow-mail");

      expect(changesIn(await booted().run("postfix-queue", "into-mailboxes"))).toEqual([1]);
      await onOld("rm /tmp/slow-mail-stored");
      expect(changesIn(await booted().run("postfix-queue", "into-mailboxes"))).toEqual([0]);
      await slowMail(stored);
      const inIncoming = () => onOld("cd /var/spool/postfix; find incoming -type f -perm -700");
      await send("too late");
      await until(async () => (await inIncoming()) !== "");
      await onOld("postqueue -f || true");
      expect(await left("qmgr|slow-mail")).toBe("");

      await booted().run("postfix-queue", "deliver-again");
      await booted().run("postfix-queue", "under-way");
      expect(await inQueues()).toBe("");
      expect(await onOld("cat /tmp/slow-mail-stored; rm /tmp/slow-mail-stored")).toBe("stored\n");
      expect(await onOld("postconf -n master_service_disable")).toBe("master_service_disable =\n");
    },
  );

  // Debian 13's unit keeps Postfix's master from ending a program of another user: it waits, and does nothing else.
  test("a queue manager that does not end keeps nobody from the way back", async () => {
    const onNew = (script: string, stdin = "") =>
      booted().lab.hosts.new.run(["sh", "-euc", script], { stdin });
    const hung = () => onNew("pgrep -x oqmgr || true");
    const program = "/usr/lib/postfix/sbin/oqmgr";
    const service = (await onNew("postconf -M qmgr/unix")).trim();
    await onNew(
      `cat >${program}; chmod 0755 ${program}
      postconf -M 'qmgr/unix=qmgr unix n - n 300 1 oqmgr'
      postfix reload`,
      `#!/bin/sh
[ "$(id -u)" != 0 ] || exec setpriv --reuid=nobody --regid=nogroup --clear-groups ${program}
while :; do sleep 1; done
`,
    );
    await until(async () => (await hung()) !== "");
    await onNew(`postconf -M 'qmgr/unix=${service}'
      postconf 'master_service_disable=qmgr.unix qmgr.fifo'
      touch -c -m -d '3 seconds ago' /etc/postfix/main.cf /etc/postfix/master.cf
      postfix reload`);

    await booted().run("postfix-queue", "new-delivers-again");
    expect(await hung()).toBe("");
    await until(async () => (await onNew("nc -w 5 127.0.0.1 25 </dev/null || true")).startsWith("220"));
    await until(async () => (await onNew("pgrep -x qmgr || true")) !== "");
    await onNew(`rm ${program}; postconf -X master_service_disable`);
  });
}
