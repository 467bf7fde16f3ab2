import type { LabHost } from "../../src/lab/lab.ts";
import type { Stage } from "./rehearse.ts";

/** Something on a host that stands in the way of a move: a script makes it, another one mends it. */
interface Trouble {
  readonly on: "old" | "new";
  readonly make: string;
  readonly mend: string;
  /** The row of preflight's table that tells of it. */
  readonly row: RegExp;
}

/** Brings all troubles over both hosts, and takes them away again. */
export async function withTroubles({ lab }: Stage, during: () => Promise<void>): Promise<void> {
  try {
    for (const { on, make } of troubles) await shell(lab.hosts[on], make);
    await during();
  } finally {
    // Even where a script broke off half-way, the others are to be mended.
    for (const { on, mend } of troubles) await shell(lab.hosts[on], mend).catch(() => undefined);
  }
}

async function shell(host: LabHost, script: string): Promise<void> {
  await host.run(["sh", "-eus"], { stdin: script });
}

/** All that `preflight` has to find before it costs anything; each alone would stop it, but for the warnings. */
export const troubles: readonly Trouble[] = [
  {
    // An hour fast.
    on: "new",
    make: String.raw`printf '#!/bin/sh\nexec /usr/bin/date --date="1 hour" "$@"\n' >/usr/local/bin/date; chmod 0755 /usr/local/bin/date`,
    mend: "rm /usr/local/bin/date",
    row: / stop {5}clocks$/m,
  },
  {
    // What goes to the controller over IPv6 vanishes, and answers of one port over IPv4.
    on: "new",
    make: "ip -6 route add blackhole fd77::1; ip rule add ipproto tcp sport 587 blackhole",
    mend: "ip -6 route del blackhole fd77::1; ip rule del ipproto tcp sport 587 blackhole",
    row: / warning {2}ports of the new server: .*; closed on 10\.77\.0\.20: 587; closed on fd77::20: 25 587 993$/m,
  },
  {
    on: "new",
    make: "ip rule add ipproto tcp dport 25 blackhole",
    mend: "ip rule del ipproto tcp dport 25 blackhole",
    row: / stop {5}new may send to the world: 10\.77\.0\.10$/m,
  },
  {
    on: "new",
    make: "mount -t tmpfs -o size=64k,nr_inodes=8 small /var/vmail",
    mend: "umount /var/vmail",
    row: / stop {5}room on new: [0-9]+ bytes on old\n.* stop {5}inodes on new: [0-9]+ files on old$/m,
  },
  {
    on: "old",
    make: "mv /usr/bin/rsync /usr/bin/rsync.away",
    mend: "mv /usr/bin/rsync.away /usr/bin/rsync",
    row: / stop {5}programs on both hosts: rsync rsync-3\.1-or-newer$/m,
  },
  {
    on: "new",
    make: String.raw`printf '#!/bin/sh\necho "rsync  version 3.0.9  protocol version 30"\n' >/usr/local/bin/rsync; chmod 0755 /usr/local/bin/rsync`,
    mend: "rm /usr/local/bin/rsync",
    row: / stop {5}programs on both hosts: .*rsync-3\.1-or-newer$/m,
  },
  {
    on: "new",
    make: String.raw`printf 'ID=fedora\nVERSION_ID="13"\n' >/root/os-release; mount --bind /root/os-release /etc/os-release`,
    mend: "umount /etc/os-release; rm /root/os-release",
    row: / warning {2}Debian release of the new host: fedora 13$/m,
  },
  {
    // Dovecot 2.4 has it, and takes no login with it.
    on: "old",
    make: `mysql mailserver -e "UPDATE virtual_users SET password = REPLACE(password, '{', '{PLAIN-MD5}{') WHERE email = 'jane@example.net'"`,
    mend: `mysql mailserver -e "UPDATE virtual_users SET password = REPLACE(password, '{PLAIN-MD5}', '') WHERE email = 'jane@example.net'"`,
    row: / stop {5}password schemes: .*PLAIN-MD5/m,
  },
  {
    // It is over since yesterday, belongs to another key, and one of Dovecot's is not there.
    on: "old",
    make: `cd /etc/letsencrypt/live/mail.example.org
      mv fullchain.pem ../fullchain.pem.away
      openssl req -newkey rsa:2048 -nodes -keyout ../other.key -out ../other.csr -subj /CN=mail.example.org 2>&1
      openssl x509 -req -in ../other.csr -signkey ../other.key -days -1 -out fullchain.pem 2>&1
      cat >/etc/dovecot/conf.d/99-missing.conf <<'end'
local_name imap.example.net {
  ssl_cert = </etc/ssl/not-there.pem
}
end`,
    mend: `cd /etc/letsencrypt/live/mail.example.org
      rm -f ../other.key ../other.csr /etc/dovecot/conf.d/99-missing.conf
      mv ../fullchain.pem.away fullchain.pem`,
    row: new RegExp(
      [
        " stop     certificates of old's mail servers: /etc/letsencrypt/live/mail.example.org/fullchain.pem ends .* GMT; ",
        "/etc/letsencrypt/live/mail.example.org/privkey.pem is not the key of .*; /etc/ssl/not-there.pem is missing$",
      ].join(""),
      "m",
    ),
  },
  {
    on: "old",
    make: "chown root /var/lib/rspamd/dkim/example.net.*.key",
    mend: "chown _rspamd /var/lib/rspamd/dkim/example.net.*.key",
    row: / stop {5}a DKIM key for every entry of the map: denied to _rspamd: \/var\/lib\/rspamd\/dkim\/example\.net\..*\.key$/m,
  },
  {
    on: "old",
    make: `cd /var/lib/rspamd/dkim; for key in example.org.*.key; do
      cp -p "$key" "/root/$key"; openssl genrsa 2048 2>&1 >"$key" | cat; done`,
    mend: `cd /var/lib/rspamd/dkim; for key in example.org.*.key; do cp -p "/root/$key" "$key"; rm "/root/$key"; done`,
    row: / stop {5}DKIM keys match DNS: 2021010101\._domainkey\.example\.org$/m,
  },
];
