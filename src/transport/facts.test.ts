import { expect, test } from "vitest";
import { parseFacts } from "./facts.ts";

const printed = `clock_begin=1000.25
version_postfix=mail_version = 3.5.25
version_dovecot=2.4.1-4 (7d8c0e5759)
version_mysql=/usr/sbin/mysqld  Ver 10.5.23-MariaDB-0+deb11u1 for debian-linux-gnu on x86_64 (Debian 11)
version_redis=Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64
version_rspamd=Rspamd daemon version 3.12.1
version_rsync=rsync  version 3.2.3  protocol version 31
version_openssh=OpenSSH_8.4p1 Debian-5+deb11u3, OpenSSL 1.1.1w  11 Sep 2023
version_python3=
version_perl=5.32.1
hostname=mail-old
fqdn=mail-old.example.org
machine_id=0123456789abcdef0123456789abcdef
kernel=6.1.0
architecture=x86_64
init=systemd
user=root
uid=0
processors=2
memory_kib=2048
os_ID=debian
os_VERSION_ID="11"
os_VERSION_CODENAME=bullseye
clock_end=1000.75
`;

test("parseFacts reads a host", () => {
  expect(parseFacts(printed, 998)).toEqual({
    hostname: "mail-old",
    fqdn: "mail-old.example.org",
    machine_id: "0123456789abcdef0123456789abcdef",
    kernel: "6.1.0",
    architecture: "x86_64",
    distribution: "debian",
    distribution_version: "11",
    distribution_codename: "bullseye",
    init: "systemd",
    user: "root",
    uid: 0,
    clock: 1000.5,
    clock_skew: 2.5,
    processors: 2,
    memory_bytes: 2_097_152,
    versions: {
      postfix: "3.5.25",
      dovecot: "2.4.1",
      mariadb: "10.5.23",
      redis: "6.0.16",
      rspamd: "3.12.1",
      rsync: "3.2.3",
      openssh: "8.4p1",
      perl: "5.32.1",
    },
  });
});

test("parseFacts takes a host without a domain name", () => {
  expect(parseFacts("hostname=mail\nfqdn=\n", 0).fqdn).toBe("mail");
});
