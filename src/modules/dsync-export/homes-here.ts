import type { HostReader } from "../../contract/host.ts";
import { longOutput } from "../long-output.ts";
import { nulList } from "../rsync-pull/listing.ts";
import { longLookMs } from "../rsync-pull/source-check.ts";

/** Where the users' homes are by Dovecot, by user; those it tells none of are left out. */
export async function homesOfUsers(
  users: readonly string[],
  config: string | undefined,
  host: HostReader,
): Promise<ReadonlyMap<string, string>> {
  const output = longOutput(host.name);
  await host.probe(["sh", "-c", homesScript, "sh", config ?? ""], {
    stdin: nulList(users, ""),
    timeoutMs: longLookMs,
    onStdout: output.take,
  });
  const told = output.whole().toString("utf8").split("\0");
  const homes = new Map<string, string>();
  for (let at = 0; at + 1 < told.length; at += 2) {
    const [user = "", home = ""] = told.slice(at, at + 2);
    if (home.startsWith("/")) homes.set(user, home.trim().replace(/(?<=.)\/+$/, ""));
  }
  return homes;
}

/** One call for each: with several users at once, Dovecot does not say whose answer is whose. */
const homesScript = String.raw`
xargs -0 -r -n 1 -P "$(nproc)" sh -c '
  home=$(doveadm ${"$"}{1:+-c "$1"} user -f home -- "$2" 2>/dev/null)
  printf "%s\0%s\0" "$2" "$home"' sh "$1"`;

/** Directories of dbox mail below a mail root that are in no user's home. */
export async function mailOfNobody(
  root: string,
  homes: readonly string[],
  host: HostReader,
): Promise<readonly string[]> {
  const output = longOutput(host.name);
  await host.probe(["sh", "-c", dboxScript, "sh", root], { timeoutMs: longLookMs, onStdout: output.take });
  const known = new Set(homes);
  const found = output.whole().toString("latin1").split("\0");
  const elsewhere = found.filter((path) => path !== "" && !isInOneOf(path, known));
  if (elsewhere.length === 0) return [];
  const { stdout } = await host.probe(["sh", "-c", withMailScript], {
    stdin: nulList(elsewhere, ""),
    timeoutMs: longLookMs,
  });
  return stdout
    .toString("utf8")
    .split("\0")
    .filter((path) => path !== "");
}

function isInOneOf(path: string, homes: ReadonlySet<string>): boolean {
  for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) {
    if (homes.has(path.slice(0, at))) return true;
  }
  return false;
}

/** Where sdbox and mdbox keep messages. */
const dboxScript = String.raw`
[ ! -d "$1" ] || find "$1" -type d \( -name dbox-Mails -o -name storage \) -prune -print0`;

const withMailScript = String.raw`
xargs -0 -r -n 1 sh -c '
  [ -z "$(find "$1" -type f -name "[um].[0-9]*" -print -quit)" ] || printf "%s\0" "$1"' sh`;
