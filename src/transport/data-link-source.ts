import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";

/** What a data link has to know of the host that is read. */
export interface SourceFacts {
  readonly authorizedKeysFile: string;
  /** Public host keys, "type base64" each. */
  readonly hostKeys: readonly string[];
  /** The ciphers of its sshd; empty when it can't be asked, and where the processor does not know AES. */
  readonly ciphers: readonly string[];
  /** Whether its sshd takes Ed25519 keys: since OpenSSH 6.5. */
  readonly knowsEd25519: boolean;
  /** Whether its sshd knows `restrict` in authorized_keys: since OpenSSH 7.2. */
  readonly knowsRestrict: boolean;
  /** When the key ends, in the host's local time as sshd reads it; undefined before OpenSSH 7.7. */
  readonly expiry: string | undefined;
  /** The same moment by the host's clock, in seconds since 1970. */
  readonly endsAt: string;
  /** Why its sshd would take no key of the user; undefined when nothing speaks against it. */
  readonly objection: string | undefined;
  /** Mailferry's own directory for the user. */
  readonly stateDirectory: string;
}

/** Asks the source in one round trip. Throws Failure when there is no such user. */
export async function describeSource(
  source: HostReader,
  { sourceUser, expiresInSeconds }: { readonly sourceUser: string; readonly expiresInSeconds: number },
): Promise<SourceFacts> {
  const argv = ["/bin/sh", "-c", sourceScript, "sh", sourceUser, String(expiresInSeconds)];
  const { stdout } = await source.probe(argv);
  return parseSource(stdout.toString("utf8"), source, sourceUser);
}

/** Reads what the script printed: lines of `what value`. */
function parseSource(text: string, source: HostReader, user: string): SourceFacts {
  const lines = text
    .split("\n")
    .map((line) => [line.split(" ", 1)[0] ?? "", line.slice(line.indexOf(" ") + 1)] as const);
  const all = (what: string): string[] => lines.filter(([word]) => word === what).map(([, value]) => value);
  const first = (what: string): string | undefined => all(what)[0];
  const home = first("home");
  if (home === undefined || home === "") {
    throw new Failure("bad-input", `there is no user ${user} on ${source.name}`, { host: source.name });
  }
  return {
    authorizedKeysFile: keysFile(first("authorizedkeysfile") ?? ".ssh/authorized_keys", home, user),
    hostKeys: [...new Set(all("hostkeypub").map((key) => key.split(" ").slice(0, 2).join(" ")))],
    ciphers: (first("ciphers") ?? "").split(",").filter((cipher) => cipher !== ""),
    knowsEd25519: isSince(6, 5, first("openssh")),
    knowsRestrict: isSince(7, 2, first("openssh")),
    expiry: isSince(7, 7, first("openssh")) ? first("expiry") : undefined,
    endsAt: first("end") ?? "0",
    objection: objectionOf(first, user),
    stateDirectory: first("state") ?? "/var/lib/mailferry",
  };
}

function objectionOf(first: (what: string) => string | undefined, user: string): string | undefined {
  if (first("pubkeyauthentication") === "no") return "takes no keys (PubkeyAuthentication no)";
  if (first("authorizedkeysfile") === "none") return "reads no authorized_keys (AuthorizedKeysFile none)";
  if (user === "root" && first("permitrootlogin") === "no") {
    return "does not let root log in (PermitRootLogin no)";
  }
  return undefined;
}

/** The first file named, with sshd's tokens; relative to the user's home. */
function keysFile(setting: string, home: string, user: string): string {
  const [file = ".ssh/authorized_keys"] = setting.split(" ");
  const path = file.replaceAll(/%[%hu]/g, (token) => (token === "%h" ? home : token === "%u" ? user : "%"));
  return path.startsWith("/") ? path : `${home}/${path}`;
}

/** Whether a version, such as 8.4 or 9.2p1, is that one or a later one. */
function isSince(major: number, minor: number, version: string | undefined): boolean {
  const [first = 0, second = 0] = (version ?? "").split(/[.p]/).map(Number);
  return first > major || (first === major && second >= minor);
}

/** sshd reads expiry-time in the system's time zone. Host keys come from the files, over the session that is verified already. */
const sourceScript = `export LC_ALL=C
unset TZ
echo "openssh $(ssh -V 2>&1 | sed -n '1s/^OpenSSH_\\([0-9.]*\\).*/\\1/p')"
echo "home $(getent passwd -- "$1" | cut -d: -f6)"
end=$(($(date +%s) + $2))
echo "end $end"
echo "expiry $(date -d "@$end" +%Y%m%d%H%M%S)"
if [ "$(id -u)" = 0 ]; then echo "state /var/lib/mailferry"
else echo "state \${XDG_STATE_HOME:-$HOME/.local/state}/mailferry"; fi
keys=
ciphers=ciphers
grep -qwi aes /proc/cpuinfo || ciphers=none
if [ "$(id -u)" = 0 ]; then
  settings=$(sshd -T -C "user=$1,host=localhost,addr=127.0.0.1" 2>/dev/null)
  printf '%s\\n' "$settings" |
    grep -E "^(authorizedkeysfile|pubkeyauthentication|permitrootlogin|$ciphers) "
  keys=$(printf '%s\\n' "$settings" | sed -n 's/^hostkey \\(.*\\)$/\\1.pub/p')
fi
[ -n "$keys" ] || keys=$(ls /etc/ssh/ssh_host_*_key.pub)
for key in $keys; do [ ! -r "$key" ] || echo "hostkeypub $(cat "$key")"; done
exit 0`;
