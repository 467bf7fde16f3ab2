import type { WantedFacts } from "../contract/connection.ts";
import type { HostFacts } from "../contract/host.ts";
import type { CommandRunner } from "./command-runner.ts";
import { mountFacts } from "./mount-facts.ts";
import { networkFacts } from "./network-facts.ts";

/** Gathers a host's facts in one round trip, as the runner's user; those that take longer where they are wanted. */
export async function gatherFacts(
  runner: CommandRunner,
  { allFacts }: WantedFacts = { allFacts: true },
): Promise<HostFacts> {
  const askedAt = Date.now() / 1000;
  const script = `${beginScript}${allFacts ? programsScript : ""}${systemScript}${allFacts ? networkScript : ""}${endScript}`;
  const { stdout } = await runner.run(["/bin/sh", "-c", script], {}, "repeatable");
  return parseFacts(stdout.toString("utf8"), (askedAt + Date.now() / 1000) / 2);
}

/** Asks only who the runner's user is on the host. */
export async function gatherUser(
  runner: CommandRunner,
): Promise<{ readonly user: string; readonly uid: number }> {
  const { stdout } = await runner.run(["/bin/sh", "-c", "id -un; id -u"], {}, "repeatable");
  const [user = "", uid = ""] = stdout.toString("utf8").split("\n");
  return { user, uid: Number(uid) };
}

/** Reads what the script printed: `name=value` lines. `askedAt` is the controller's clock, in seconds, half-way between question and answer. */
export function parseFacts(text: string, askedAt: number): HostFacts {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1).trim());
  }
  const value = (name: string): string => values.get(name) ?? "";
  const bytesOf = (name: string): number => Number(value(name)) * 1024;
  const clock = (Number(value("clock_begin")) + Number(value("clock_end"))) / 2;
  const nodename = value("nodename");
  const fqdn = value("fqdn") || nodename;
  return {
    hostname: nodename.split(".")[0] ?? "",
    nodename,
    fqdn,
    domain: fqdn.includes(".") ? fqdn.slice(fqdn.indexOf(".") + 1) : "",
    machine_id: value("machine_id"),
    kernel: value("kernel"),
    architecture: value("architecture"),
    distribution: unquoted(value("os_ID")),
    distribution_version: unquoted(value("os_VERSION_ID")),
    distribution_codename: unquoted(value("os_VERSION_CODENAME")),
    init: value("init"),
    user: value("user"),
    uid: Number(value("uid")),
    clock,
    clock_skew: Math.round((clock - askedAt) * 1000) / 1000,
    processors: Number(value("processors")),
    memory_bytes: bytesOf("memory_kib"),
    memory_free_bytes: bytesOf("memory_free_kib"),
    swap_bytes: bytesOf("swap_kib"),
    swap_free_bytes: bytesOf("swap_free_kib"),
    ...networkFacts(value("addresses"), value("route4"), value("route6")),
    mounts: mountFacts(value("mounts")),
    versions: parseVersions(values),
  };
}

function parseVersions(values: ReadonlyMap<string, string>): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const [name, told] of values) {
    const program = /^version_(\w+)$/.exec(name)?.[1];
    const version = /\d+(?:\.\d+)+(?:p\d+)?/.exec(told)?.[0];
    if (program === undefined || version === undefined) continue;
    // Debian's mysqld is MariaDB's.
    versions[program === "mysql" && told.includes("MariaDB") ? "mariadb" : program] = version;
  }
  return versions;
}

function unquoted(value: string): string {
  return value.replace(/^(["'])(.*)\1$/, "$2");
}

const beginScript = `export LC_ALL=C
say() { printf '%s=%s\\n' "$1" "$2"; }
say clock_begin "$(date +%s.%N)"
`;

/** Versions are asked for side by side, each printed by one write so that lines stay whole. */
const programsScript = `version() {
  name=$1; shift
  command -v "$1" >/dev/null 2>&1 || return 0
  { told=$(timeout 10 "$@" 2>&1 </dev/null | head -n 1); say "version_$name" "$told"; } &
}
version postfix postconf -d mail_version
version dovecot dovecot --version
version mariadb mariadbd --version
version mysql mysqld --version
version redis redis-server --version
version rspamd rspamd --version
version rsync rsync --version
version openssh ssh -V
version python3 python3 --version
version perl perl -e 'printf "%vd", $^V'
`;

/** What the shell can read by itself it reads by itself: a process costs more than all of that. */
const systemScript = `set -f
set -- $(uname -nrm)
say nodename "$1"
say kernel "$2"
say architecture "$3"
say fqdn "$(hostname -f 2>/dev/null)"
id= ; [ ! -r /etc/machine-id ] || read -r id </etc/machine-id
say machine_id "$id"
if [ -d /run/systemd/system ]; then say init systemd; else say init other; fi
say user "$(id -un)"
say uid "$(id -u)"
say processors "$(nproc 2>/dev/null || echo 1)"
while read -r name kib _; do
  case $name in
    MemTotal:) say memory_kib "$kib" ;;
    MemFree:) say memory_free_kib "$kib" ;;
    SwapTotal:) say swap_kib "$kib" ;;
    SwapFree:) say swap_free_kib "$kib" ;;
  esac
done </proc/meminfo
if [ -r /etc/os-release ]; then
  while IFS= read -r line; do
    case $line in ID=* | VERSION_ID=* | VERSION_CODENAME=*) echo "os_$line" ;; esac
  done </etc/os-release
fi
wait
`;

/** Behind `wait`: these lines are too long to be written at once. To ask for a route sends nothing; Ansible asks for these too. */
const networkScript = `say addresses "$(ip -json address show 2>/dev/null)"
say route4 "$(ip -json -4 route get 8.8.8.8 2>/dev/null)"
say route6 "$(ip -json -6 route get 2404:6800:400a:800::1012 2>/dev/null)"
say mounts "$(timeout 10 findmnt --json --bytes --list --real --nofsroot \\
  --output SOURCE,TARGET,FSTYPE,OPTIONS,SIZE,AVAIL,UUID 2>/dev/null | tr '\\n' ' ')"
`;

const endScript = `say clock_end "$(date +%s.%N)"`;
