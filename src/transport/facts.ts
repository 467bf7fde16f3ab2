import type { HostFacts } from "../contract/host.ts";
import type { CommandRunner } from "./command-runner.ts";

/** Gathers all facts of a host in one round trip, as the runner's user. */
export async function gatherFacts(runner: CommandRunner): Promise<HostFacts> {
  const askedAt = Date.now() / 1000;
  const { stdout } = await runner.run(["/bin/sh", "-c", factsScript], {}, "repeatable");
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
  const clock = (Number(value("clock_begin")) + Number(value("clock_end"))) / 2;
  return {
    hostname: value("hostname"),
    fqdn: value("fqdn") || value("hostname"),
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
    memory_bytes: Number(value("memory_kib")) * 1024,
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

/** Versions are asked for side by side, each printed by one write so that lines stay whole. */
const factsScript = `export LC_ALL=C
say() { printf '%s=%s\\n' "$1" "$2"; }
version() {
  name=$1; shift
  command -v "$1" >/dev/null 2>&1 || return 0
  { told=$(timeout 10 "$@" 2>&1 </dev/null | head -n 1); say "version_$name" "$told"; } &
}
say clock_begin "$(date +%s.%N)"
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
say hostname "$(uname -n)"
say fqdn "$(hostname -f 2>/dev/null)"
say machine_id "$(cat /etc/machine-id 2>/dev/null)"
say kernel "$(uname -r)"
say architecture "$(uname -m)"
if [ -d /run/systemd/system ]; then say init systemd; else say init other; fi
say user "$(id -un)"
say uid "$(id -u)"
say processors "$(nproc 2>/dev/null || echo 1)"
say memory_kib "$(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)"
sed -n 's/^\\(ID\\|VERSION_ID\\|VERSION_CODENAME\\)=/os_&/p' /etc/os-release 2>/dev/null
wait
say clock_end "$(date +%s.%N)"`;
