import { expect, test } from "vitest";
import { parseFacts } from "./facts.ts";

const printed = `clock=1000.25
up_begin=50.00
version_postfix=mail_version = 3.5.25
version_dovecot=2.4.1-4 (7d8c0e5759)
version_mysql=/usr/sbin/mysqld  Ver 10.5.23-MariaDB-0+deb11u1 for debian-linux-gnu on x86_64 (Debian 11)
version_redis=Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64
version_rspamd=Rspamd daemon version 3.12.1
version_rsync=rsync  version 3.2.3  protocol version 31
version_openssh=OpenSSH_8.4p1 Debian-5+deb11u3, OpenSSL 1.1.1w  11 Sep 2023
version_python3=
version_perl=5.32.1
sudo_uid=1000
fqdn=mail-old.example.org
init=systemd
addresses=[{"ifname":"lo","flags":["LOOPBACK","UP"],"mtu":65536,"link_type":"loopback","address":"00:00:00:00:00:00","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"},{"family":"inet6","local":"::1","prefixlen":128,"scope":"host"}]},{"ifname":"eth0","flags":["BROADCAST","UP"],"mtu":1500,"link_type":"ether","address":"02:00:00:00:00:01","addr_info":[{"family":"inet","local":"192.0.2.130","prefixlen":25,"broadcast":"192.0.2.255","scope":"global"},{"family":"inet","local":"198.51.100.7","prefixlen":32,"scope":"global"},{"family":"inet6","local":"2001:db8::7","prefixlen":64,"scope":"global"}]}]
route4=[{"dst":"8.8.8.8","gateway":"192.0.2.129","dev":"eth0","prefsrc":"192.0.2.130","flags":[]}]
route6=
mounts={    "filesystems": [       {"source":"/dev/vda", "target":"/", "fstype":"ext4", "options":"rw", "size":"1000", "avail":400, "uuid":null}    ] }
up_end=50.50
==> /proc/sys/kernel/hostname <==
mail-old

==> /proc/sys/kernel/osrelease <==
6.1.0

==> /proc/sys/kernel/arch <==
x86_64

==> /etc/machine-id <==
0123456789abcdef0123456789abcdef

==> /proc/self/status <==
Name:\thead
Uid:\t1000\t0\t0\t0
Cpus_allowed:\t1f
Cpus_allowed_list:\t0-2,8,10-11

==> /proc/meminfo <==
MemTotal:           2048 kB
MemFree:            1024 kB
SwapTotal:             4 kB
SwapFree:              2 kB

==> /etc/os-release <==
PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"
ID=debian
VERSION_ID="11"
VERSION_CODENAME=bullseye
`;

const ownAddress = {
  ...{ address: "192.0.2.130", netmask: "255.255.255.128" },
  ...{ network: "192.0.2.128", broadcast: "192.0.2.255" },
};

test("parseFacts reads a host", () => {
  expect(parseFacts(printed, 998, "root")).toEqual({
    hostname: "mail-old",
    nodename: "mail-old",
    fqdn: "mail-old.example.org",
    domain: "example.org",
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
    processors: 6,
    memory_bytes: 2_097_152,
    memory_free_bytes: 1_048_576,
    swap_bytes: 4096,
    swap_free_bytes: 2048,
    interfaces: ["lo", "eth0"],
    interface_details: {
      lo: {
        ...{ device: "lo", mtu: 65536, type: "loopback", macaddress: "00:00:00:00:00:00", active: true },
        ipv4: {
          address: "127.0.0.1",
          prefix: "8",
          netmask: "255.0.0.0",
          network: "127.0.0.0",
          broadcast: "",
        },
        ipv6: [{ address: "::1", prefix: "128", scope: "host" }],
      },
      eth0: {
        ...{ device: "eth0", mtu: 1500, type: "ether", macaddress: "02:00:00:00:00:01", active: true },
        ipv4: { ...ownAddress, prefix: "25" },
        ipv4_secondaries: [
          {
            ...{ address: "198.51.100.7", prefix: "32", netmask: "255.255.255.255" },
            ...{ network: "198.51.100.7", broadcast: "" },
          },
        ],
        ipv6: [{ address: "2001:db8::7", prefix: "64", scope: "global" }],
      },
    },
    default_ipv4: {
      ...{ ...ownAddress, prefix: "25", interface: "eth0", gateway: "192.0.2.129" },
      ...{ mtu: 1500, type: "ether", macaddress: "02:00:00:00:00:01" },
    },
    default_ipv6: {},
    all_ipv4_addresses: ["192.0.2.130", "198.51.100.7"],
    all_ipv6_addresses: ["2001:db8::7"],
    mounts: [
      {
        ...{ mount: "/", device: "/dev/vda", fstype: "ext4", options: "rw" },
        ...{ size_total: 1000, size_available: 400, uuid: "N/A" },
      },
    ],
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

test("parseFacts takes a host without a domain name, and with an older kernel", () => {
  const told = "fqdn=\narchitecture=armv7l\n==> /proc/sys/kernel/hostname <==\nmail\n";
  expect(parseFacts(told, 0, "anna")).toMatchObject({
    ...{ hostname: "mail", fqdn: "mail", domain: "", architecture: "armv7l", processors: 1 },
  });
});
