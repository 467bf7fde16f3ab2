import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { longOutput } from "../long-output.ts";
import { nulList } from "../rsync-pull/listing.ts";
import { longLookMs } from "../rsync-pull/source-check.ts";

/** Where the users' homes are by Dovecot; those that it tells of none have none here. */
export async function homesOfUsers(
  users: readonly string[],
  config: string | undefined,
  host: HostReader,
): Promise<readonly ByteText[]> {
  const output = longOutput(host.name);
  await host.probe(["sh", "-c", homesScript, "sh", config ?? ""], {
    stdin: Buffer.from(users.map((user) => `${user}\0`).join("")),
    timeoutMs: longLookMs,
    onStdout: output.take,
  });
  const told = output.whole().toString("latin1").split("\0");
  return told.filter((home) => home.startsWith("/")).map((home) => home.replace(/(?<=.)\/+$/, ""));
}

/** One call for each: with several users at once, Dovecot does not say whose answer is whose. */
const homesScript = String.raw`
xargs -0 -r -n 1 -P "$(nproc)" sh -c '
  home=$(doveadm ${"$"}{1:+-c "$1"} user -f home -- "$2" 2>/dev/null)
  printf "%s\0" "$home"' sh "$1"`;

/** Directories of dbox mail below a mail root that are in no user's home. */
export async function mailOfNobody(
  root: string,
  homes: readonly ByteText[],
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

function isInOneOf(path: ByteText, homes: ReadonlySet<ByteText>): boolean {
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
  found=$(find "$1" -type f -name "[um].[0-9]*" -print -quit) || exit 255
  [ -z "$found" ] || printf "%s\0" "$1"' sh`;
