import { Failure } from "../contract/errors.ts";
import type { HostWriter } from "../contract/host.ts";
import { quoteWord } from "../contract/shell-words.ts";

/** What one line in authorized_keys allows. */
export interface KeyLine {
  /** The command the key is bound to, as argv. */
  readonly command: readonly string[];
  /** Addresses the key may come from. */
  readonly from: readonly string[];
  /** False where sshd (before 7.2) does not know `restrict`: what it takes away is named then. */
  readonly knowsRestrict: boolean;
  /** The source's local time, `YYYYMMDDHHMMSS`; undefined where sshd is too old to know it. */
  readonly expiry: string | undefined;
  /** Type and base64 of the public key. */
  readonly publicKey: string;
  /** Names the line, so that it can be found again. */
  readonly comment: string;
}

/** Builds the line. `restrict` takes away terminals and all forwardings, those that later versions invent too. */
export function formatKeyLine(line: KeyLine): string {
  const { command, from, knowsRestrict, expiry, publicKey, comment } = line;
  // sshd undoes a backslash before a quote, and no other.
  const told = command.map(quoteWord).join(" ").replaceAll(`"`, `\\"`);
  if (/[\n\r]/.test(told)) throw new Failure("bad-input", "a forced command can't hold a line break");
  const options = [knowsRestrict ? "restrict" : olderRestrict, `from="${from.join(",")}"`];
  if (expiry !== undefined) options.push(`expiry-time="${expiry}"`);
  options.push(`command="${told}"`);
  return `${options.join(",")} ${publicKey} ${comment}`;
}

/** All that an sshd before `restrict` can forbid. */
const olderRestrict = "no-agent-forwarding,no-port-forwarding,no-pty,no-user-rc,no-X11-forwarding";

/** Puts the line in place of the one with the same comment, or at the end; all other lines stay byte for byte. */
export async function putKeyLine(host: HostWriter, file: string, user: string, line: KeyLine): Promise<void> {
  const pattern = ` ${escaped(line.comment)}$`;
  await editKeys(host, file, user, pattern, formatKeyLine(line));
}

/** Takes out all lines whose comment begins with `prefix` and goes on with hexadecimal digits. Returns how many there were. */
export async function removeKeyLines(
  host: HostWriter,
  file: string,
  user: string,
  prefix: string,
): Promise<number> {
  return editKeys(host, file, user, ` ${escaped(prefix)}[0-9a-f]*$`, "");
}

async function editKeys(
  host: HostWriter,
  file: string,
  user: string,
  pattern: string,
  line: string,
): Promise<number> {
  const { stdout } = await host.run(["/bin/sh", "-c", editScript, "sh", file, user, pattern, line]);
  return Number(stdout.toString("utf8").trim());
}

function escaped(text: string): string {
  return text.replaceAll(/[.*[\]^$\\]/g, "\\$&");
}

/** One editor at a time, by a lock on the directory; the file is replaced whole. Prints how many lines went. */
const editScript = `set -eu
export LC_ALL=C
file=$1; user=$2; pattern=$3; line=$4
if [ -L "$file" ]; then file=$(readlink -f -- "$file" && echo x); file=\${file%?x}; fi
directory=\${file%/*}
own() { [ "$(id -u)" -ne 0 ] || chown "$user:$(id -g -- "$user")" -- "$1"; }
if [ ! -d "$directory" ]; then
  [ -n "$line" ] || { echo 0; exit 0; }
  mkdir -m 0700 -- "$directory"
  own "$directory"
fi
exec 9<"$directory"
flock -w 20 9
if [ ! -e "$file" ]; then
  [ -n "$line" ] || { echo 0; exit 0; }
fi
umask 077
temporary=$(mktemp -- "$directory/.mailferry-XXXXXXXXXX")
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 1' HUP INT TERM
gone=0
if [ -e "$file" ]; then
  gone=$(grep -a -c -e "$pattern" -- "$file" || [ $? -eq 1 ])
  if [ -z "$line" ] && [ "$gone" -eq 0 ]; then echo 0; exit 0; fi
  grep -a -v -e "$pattern" -- "$file" >"$temporary" || [ $? -eq 1 ]
  chown --reference="$file" -- "$temporary"
  chmod --reference="$file" -- "$temporary"
else
  own "$temporary"
fi
if [ -n "$line" ]; then printf '%s\\n' "$line" >>"$temporary"; fi
sync -- "$temporary"
mv -fT -- "$temporary" "$file"
trap - EXIT
sync -- "$directory"
echo "$gone"`;
