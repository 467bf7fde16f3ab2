import type { WantedFacts } from "../contract/connection.ts";
import { Failure } from "../contract/errors.ts";
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
  // 1: one of the files is not there.
  const { stdout } = await runner.run(command, { accept: [0, 1] }, "repeatable");
  const told = stdout.toString("utf8");
  const uid = /^sudo_uid=(\d+)$/m.exec(told)?.[1];
  return {
    facts: factsOf(told, (askedAt + Date.now() / 1000) / 2, runner),
    loginUid: uid === undefined ? undefined : Number(uid),
  };
}

/** What the programs of a host print as JSON may be none, or hold other things than they should. */
function factsOf(told: string, askedAt: number, runner: CommandRunner): HostFacts {
  try {
    return parseFacts(told, askedAt, userOf(runner));
  } catch (cause) {
    const { host } = runner.user;
    throw new Failure("task-failed", `what ${host} tells of itself can't be read`, {
      host,
      next: "Look there at what `ip -json address show`, `ip -json route get 8.8.8.8` and `findmnt --json` print.",
      cause,
    });
  }
}

/** Asks only who the runner's user is on the host. */
export async function gatherUser(
  runner: CommandRunner,
): Promise<{ readonly user: string; readonly uid: number }> {
  const command = { name: "asking who it is", text: userScript, words: [] };
  const { stdout } = await runner.run(command, {}, "repeatable");
  return { user: userOf(runner), uid: Number(pairsOf(stdout.toString("utf8"), "=").get("uid")) };
}

/** By the name that was given: asking the host for it costs a process, and tells one of several that share a uid. */
function userOf({ user: { become, loginUser = "" } }: CommandRunner): string {
  return become?.user ?? loginUser;
}

/**
 * Reads what the script printed: `name=value` lines, then files as head(1) shows them. `askedAt` is the controller's clock, in
 * seconds, half-way between question and answer; `user` is who asked.
 */
export function parseFacts(text: string, askedAt: number, user: string): HostFacts {
  const [said = "", ...shown] = text.split(/^==> (?=.+ <==$)/m);
  const values = pairsOf(said, "=");
  const value = (name: string): string => values.get(name) ?? "";
  const files = new Map(shown.map((part) => part.split(" <==\n", 2) as [string, string]));
  const file = (path: string): string => files.get(path)?.trim() ?? "";
  const status = pairsOf(file("/proc/self/status"), ":");
  const memory = pairsOf(file("/proc/meminfo"), ":");
  const system = pairsOf(file("/etc/os-release"), "=");
  const bytesOf = (name: string): number => Number.parseInt(memory.get(name) ?? "", 10) * 1024;
  // Half-way too: a program costs more than reading how long the machine has been up.
  const clock = Number(value("clock")) + (Number(value("up_end")) - Number(value("up_begin"))) / 2;
  const nodename = file("/proc/sys/kernel/hostname");
  const fqdn = value("fqdn") || nodename;
  return {
    hostname: nodename.split(".")[0] ?? "",
    nodename,
    fqdn,
    domain: fqdn.includes(".") ? fqdn.slice(fqdn.indexOf(".") + 1) : "",
    machine_id: file("/etc/machine-id"),
    kernel: file("/proc/sys/kernel/osrelease"),
    architecture: file("/proc/sys/kernel/arch") || value("architecture"),
    distribution: unquoted(system.get("ID") ?? ""),
    distribution_version: unquoted(system.get("VERSION_ID") ?? ""),
    distribution_codename: unquoted(system.get("VERSION_CODENAME") ?? ""),
    init: value("init"),
    user,
    uid: Number(status.get("Uid")?.split("\t")[1]),
    clock,
    clock_skew: Math.round((clock - askedAt) * 1000) / 1000,
    processors: processorsIn(status.get("Cpus_allowed_list") ?? ""),
    memory_bytes: bytesOf("MemTotal"),
    memory_free_bytes: bytesOf("MemFree"),
    swap_bytes: bytesOf("SwapTotal"),
    swap_free_bytes: bytesOf("SwapFree"),
    ...networkFacts(value("addresses"), value("route4"), value("route6")),
    mounts: mountFacts(value("mounts")),
    versions: parseVersions(values),
  };
}

/** Lines of a name, the separator and a value. */
function pairsOf(text: string, separator: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(separator);
    if (at > 0) values.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  return values;
}

/** How many a list like `0-3,8` names. */
function processorsIn(list: string): number {
  const ranges = list.split(",").map((range) => range.split("-").map(Number));
  return ranges.reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
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

/** Who runs it stands in /proc, which costs no process. */
const userScript = `${sayScript}while read -r name _ uid _; do
  [ "$name" != Uid: ] || { say uid "$uid"; break; }
done </proc/self/status || say uid "$(id -u)"
`;

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

/** sudo names the one who called it. Linux before 6.1 tells the architecture to programs alone. */
const systemScript = `say sudo_uid "$SUDO_UID"
say fqdn "$(hostname -f 2>/dev/null)"
[ -r /proc/sys/kernel/arch ] || say architecture "$(uname -m)"
if [ -d /run/systemd/system ]; then say init systemd
elif [ -d /etc/init.d ] && [ -x /usr/sbin/update-rc.d ]; then say init sysvinit
else say init other; fi
`;

/** Behind `wait`: these lines are too long to be written at once. To ask for a route sends nothing; Ansible asks for these too. */
const networkScript = `wait
say addresses "$(ip -json address show 2>/dev/null)"
say route4 "$(ip -json -4 route get 8.8.8.8 2>/dev/null)"
say route6 "$(ip -json -6 route get 2404:6800:400a:800::1012 2>/dev/null)"
say mounts "$(timeout 10 findmnt --json --bytes --list --real --nofsroot \\
  --output SOURCE,TARGET,FSTYPE,OPTIONS,SIZE,AVAIL,UUID 2>/dev/null | tr '\\n' ' ')"
`;

/**
 * One program shows all files: the shell would read them byte by byte, each by a call of the system, and that takes longer. It comes last,
 * where it takes the place of the shell that runs this.
 */
const endScript = `up up_end
k=/proc/sys/kernel
head -n 200 -v $k/hostname $k/osrelease $k/arch /etc/machine-id /proc/self/status /proc/meminfo /etc/os-release 2>/dev/null`;
