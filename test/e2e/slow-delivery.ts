import type { LabHost } from "../../src/lab/lab.ts";
import { until } from "./rehearse.ts";

/** A delivery that Dovecot has begun and can't end yet. */
export interface SlowDelivery {
  /** Lets it end. */
  release(): Promise<void>;
  /** How often its mail is in the mailbox now. */
  copies(): Promise<number>;
}

/**
 * Hands a mail for `user`, whose Maildir is `maildir`, to the host's Postfix, and keeps Dovecot's LMTP server from storing it: the
 * log of the mailbox's index is locked by fcntl, as by a slow process of Dovecot's own.
 */
export async function deliverSlowly(host: LabHost, user: string, maildir: string): Promise<SlowDelivery> {
  const id = `<slow-delivery.${Date.now()}@example.org>`;
  const told = "/run/slow-delivery";
  // struct flock of Linux on 64 bit: l_type, l_whence, l_start, l_len, l_pid.
  const lock =
    'use Fcntl; open(F, "+<", $ARGV[0]) or die $!; my $all = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0); ' +
    'fcntl(F, F_SETLKW, $all) or die $!; $| = 1; print "locked\\n"; sleep 300';
  const pid = await host.run([
    ...["sh", "-c", `perl -e "$0" "$1" >${told} 2>&1 </dev/null & echo $!`],
    ...[lock, `${maildir}/dovecot.index.log`],
  ]);
  await until(async () => (await host.exec(["cat", told])).stdout === "locked\n");
  const mail = `Message-ID: ${id}\nSubject: slow\n\nslow\n`;
  await host.run(["sendmail", "-f", "postmaster@example.org", user], { stdin: mail });
  await until(async () => /"active".*"postmaster@example.org"/.test(await host.run(["postqueue", "-j"])));
  return {
    release: async () => {
      await host.run(["kill", pid.trim()]);
    },
    copies: async () => {
      const { stdout } = await host.exec(["doveadm", "search", "-u", user, "header", "Message-ID", id]);
      return stdout.split("\n").filter((line) => line !== "").length;
    },
  };
}
