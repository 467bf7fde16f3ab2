import type { WantedFacts } from "../contract/connection.ts";
import type { HostFacts } from "../contract/host.ts";
import type { CommandRunner } from "./command-runner.ts";
import { mountFacts } from "./mount-facts.ts";
import { networkFacts } from "./network-facts.ts";

/** What a host told of itself. */
export interface ToldFacts {
  readonly facts: HostFacts;
  /** The one who logged in, where sudo says so: the facts are those of whom he became. */
  readonly loginUid: number | undefined;
}

/** Gathers a host's facts in one round trip, as the runner's user; those that take longer where they are wanted. */
export async function gatherFacts(
  runner: CommandRunner,
  { allFacts }: WantedFacts = { allFacts: true },
): Promise<ToldFacts> {
  const askedAt = Date.now() / 1000;
  const script = `${beginScript}${allFacts ? programsScript : ""}${systemScript}${allFacts ? networkScript : ""}${endScript}`;
  const command = { name: "gathering facts", text: script, words: [] };
  const { stdout } = await runner.run(command, {}, "repeatable");
  const told = stdout.toString("utf8");
  const uid = /^sudo_uid=(\d+)$/m.exec(told)?.[1];
  return {
    facts: parseFacts(told, (askedAt + Date.now() / 1000) / 2, userOf(runner)),
    loginUid: uid === undefined ? undefined : Number(uid),
  };
}

/** Asks only who the runner's user is on the host. */
export async function gatherUser(
  runner: CommandRunner,
): Promise<{ readonly user: string; readonly uid: number }> {
  const command = { name: "asking who it is", text: userScript, words: [] };
  const { stdout } = await runner.run(command, {}, "repeatable");
  return { user: userOf(runner), uid: Number(valuesOf(stdout.toString("utf8")).get("uid")) };
}

/** By the name that was given: asking the host for it costs a process, and tells one of several that share a uid. */
function userOf({ user: { become, loginUser = "" } }: CommandRunner): string {
  return become?.user ?? loginUser;
}

/**
 * Reads what the script printed: `name=value` lines. `askedAt` is the controller's clock, in seconds, half-way between
 * question and answer; `user` is who asked.
 */
export function parseFacts(text: string, askedAt: number, user: string): HostFacts {
  const values = valuesOf(text);
  const value = (name: string): string => values.get(name) ?? "";
  const bytesOf = (name: string): number => Number(value(name)) * 1024;
  // Half-way too: a program costs more than reading how long the machine has been up.
  const clock = Number(value("clock")) + (Number(value("up_end")) - Number(value("up_begin"))) / 2;
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
    user,
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

function valuesOf(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1).trim());
  }
  return values;
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

const sayScript = `export LC_ALL=C
say() { printf '%s=%s\\n' "$1" "$2"; }
up() { up= ; [ ! -r /proc/uptime ] || read -r up _ </proc/uptime; say "$1" "$up"; }
`;

/** Who runs it, and on how many processors it may run; most of it stands in /proc, which costs no process. */
const ownScript = `uid= ; cpus=
while read -r name value effective _; do
  case $name in
    Uid:) uid=$effective ;;
    Cpus_allowed_list:) cpus=$value ;;
  esac
done </proc/self/status
say uid "\${uid:-$(id -u)}"
`;

const userScript = `${sayScript}${ownScript}`;

/** sudo names the one who called it. */
const loginScript = 'say sudo_uid "$SUDO_UID"\n';

const beginScript = `${sayScript}say clock "$(date +%s.%N)"
up up_begin
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
k=/proc/sys/kernel
if [ -r $k/arch ]; then
  for name in hostname osrelease arch; do read -r value <$k/$name; set -- "$@" "$value"; done
else set -- $(uname -nrm)
fi
say nodename "$1"
say kernel "$2"
say architecture "$3"
say fqdn "$(hostname -f 2>/dev/null)"
id= ; [ ! -r /etc/machine-id ] || read -r id </etc/machine-id
say machine_id "$id"
if [ -d /run/systemd/system ]; then say init systemd
elif [ -d /etc/init.d ] && [ -x /usr/sbin/update-rc.d ]; then say init sysvinit
else say init other; fi
${ownScript}${loginScript}count=0 ranges=$cpus,
while [ "\${ranges%,}" ]; do
  range=\${ranges%%,*}; ranges=\${ranges#*,}
  count=$((count + \${range#*-} - \${range%-*} + 1))
done
[ "$count" -gt 0 ] || count=$(nproc 2>/dev/null || echo 1)
say processors "$count"
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

const endScript = "up up_end";
